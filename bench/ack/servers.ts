// The servers of `bench ack`, each a process of its own that runs throughout and idles while another is measured.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answered, Load } from '../load.ts'

export type Served = {
  readonly url: string
  /** CPU time of the process so far, user and system, ms; NaN where /proc is not to be had. */
  cpuMs(): Promise<number>
} & AsyncDisposable

export type ServerOptions = {
  readonly args: readonly string[]
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
  /** Gets the log, as on a server; it is part of what an answer costs. */
  readonly folder: string
}

const patienceMs = 20_000

/** Starts `node <args>`; resolves when it listens. Throws with the end of its log. */
export async function serve({ args, port, env = {}, folder }: ServerOptions): Promise<Served> {
  const logFile = join(folder, `${port}.log`)
  const log = await open(logFile, 'w')
  const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', log.fd, log.fd],
  })
  await log.close()
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill()
    await once(child, 'exit')
  }
  const endMs = performance.now() + patienceMs
  while (!(await listens(port))) {
    if (child.exitCode !== null || performance.now() > endMs) {
      await stop()
      throw new Error(`${args.join(' ')} does not listen:\n${(await readFile(logFile, 'utf8')).slice(-2_000)}`)
    }
    await sleep(50)
  }
  return { url: `http://127.0.0.1:${port}`, cpuMs: () => cpuMs(child.pid!), [Symbol.asyncDispose]: stop }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms. */
async function cpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Runs `load.ts` in a process of its own. */
export async function load(options: Load): Promise<Answered> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'load.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(options))
  let text = ''
  for await (const part of child.stdout) text += part
  return JSON.parse(text)
}
