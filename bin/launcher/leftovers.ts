// What a launch that was killed may have left running for some seconds more, while its guards end it. Every program that we
// start carries its folder's mark in its arguments, and only the holder of the folder's lock asks: so what carries the mark
// is left over, and ours.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { kill } from './child.ts'

/** An argument for Java that says whose it is: a digest, so that no folder's mark contains another's. */
export const folderMark = (folder: string): string => `-Derrand.folder=${folderDigest(folder)}`

export const folderDigest = (folder: string): string => createHash('sha256').update(folder).digest('hex').slice(0, 32)

/** Ends what carries the mark: SIGTERM, after 10 s SIGKILL. Resolves when nothing is left, with whether there was anything. */
export async function endLeftovers(mark: string, signal: AbortSignal): Promise<boolean> {
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted()
    const pids = markedPids(await processList(), mark)
    if (pids.length === 0) return tries > 0
    for (const pid of pids) if (tries % 50 === 0) kill(pid, tries === 0 ? 'SIGTERM' : 'SIGKILL')
    await sleep(200)
  }
}

/** Every process of the machine, or none where there is no ps or a lesser one: there the guards must do it alone. */
export const processList = (): Promise<string> =>
  promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args='], {
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C.UTF-8' }, // else it has question marks where a folder's name is not ASCII
  }).then(
    ({ stdout }) => stdout,
    () => '',
  )

/** The processes in the output of `ps -o pid=,args=` that carry the mark. */
export const markedPids = (list: string, mark: string): number[] =>
  list
    .split('\n')
    .filter((line) => line.split(/\s+/).includes(mark))
    .map((line) => Number.parseInt(line, 10))
