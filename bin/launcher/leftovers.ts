// What a launch that was killed may have left running for some seconds more, while its guards end it. Every program that we
// start carries its folder's mark in its arguments, and only the holder of the folder's lock asks: so what carries the mark
// is left over, and ours.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { signalGroup } from './child.ts'

/** An argument for Java that says whose it is: a digest, so that no folder's mark contains another's. */
export const folderMark = (folder: string): string =>
  `-Derrand.folder=${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`

/** Ends what carries the mark: SIGTERM, after 10 s SIGKILL. Resolves when nothing is left. */
export async function endLeftovers(mark: string, signal: AbortSignal): Promise<void> {
  for (let tries = 0; ; tries++) {
    const groups = markedGroups(await processList(), mark)
    if (groups.length === 0) return
    for (const group of groups) if (tries % 50 === 0) signalGroup(group, tries < 50 ? 'SIGTERM' : 'SIGKILL')
    await sleep(200, undefined, { signal })
  }
}

const processList = async (): Promise<string> =>
  (await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pgid=,args='], { maxBuffer: 64 * 1024 * 1024 })).stdout

/** The process groups of the lines of `ps -o pgid=,args=` that carry the mark. */
export const markedGroups = (list: string, mark: string): number[] => [
  ...new Set(
    list
      .split('\n')
      .filter((line) => line.split(/\s+/).includes(mark))
      .map((line) => Number.parseInt(line, 10)),
  ),
]
