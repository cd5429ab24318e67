// A consumer as the benches measure it: a process of its own that reads a topic from the beginning in a fresh group.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Metering, Told } from './meter.ts'

export type Reading = Metering & {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly group: string
  /** What the handler waits; 0: it returns at once. */
  readonly handlerMs: number
  readonly concurrency: number
}

export type Sample = {
  /** From the first record on. */
  readonly perSecond: number
  /** In the second half. */
  readonly warmPerSecond: number
  /** CPU time a record in the second half, user and system. */
  readonly cpuMicros: number
  /** At the end; NaN where /proc is not to be had. */
  readonly rssMb: number
  /** All that it has handled until it stopped; undefined where it does not say. */
  readonly handled: number | undefined
}

/** The command of a consumer's process. */
export type Consumer = (reading: Reading) => readonly string[]

/** `node <file> <args> '<reading>'`. */
export const nodeConsumer =
  (file: string, args: readonly string[] = [], flags: readonly string[] = []): Consumer =>
  (reading) => [
    ...[process.execPath, '--disable-warning=TimeoutNegativeWarning', ...flags],
    ...[join(import.meta.dirname, file), ...args, JSON.stringify(reading)],
  ]

/** As bin/entry.js runs V8. */
export const ourConsumer = (file: string, args: readonly string[] = []): Consumer =>
  nodeConsumer(file, args, ['--no-allocation-site-pretenuring'])

const patienceMs = 60_000

export type MeasureOptions = {
  /** Gets what it says on standard error. */
  readonly folder: string
  /** Told how many records it has handled so far, where it says so. */
  readonly onHandled?: (records: number) => void
}

/** Measures one process. Throws with the end of its log where it ends before. */
export async function measure(
  consumer: Consumer,
  reading: Reading,
  { folder, onHandled = () => undefined }: MeasureOptions,
): Promise<Sample> {
  const logFile = join(folder, `${reading.group}.log`)
  const log = await open(logFile, 'a')
  const [command, ...args] = consumer(reading)
  const child = spawn(command!, [...args], { stdio: ['pipe', 'pipe', log.fd] }) as ChildProcessByStdio<
    Writable,
    Readable,
    null
  >
  await log.close()
  const exited = once(child, 'exit').then(() => undefined)
  const measured = Promise.withResolvers<Extract<Told, { kind: 'measured' }>>()
  let handled: number | undefined
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told: Told = JSON.parse(line)
    if (told.kind === 'measured') return measured.resolve(told)
    handled = told.records
    onHandled(told.records)
  })
  const limitMs = patienceMs + 2_000 * reading.seconds
  const late = setTimeout(() => child.kill('SIGKILL'), limitMs)
  const ended = await Promise.race([measured.promise, exited])
  const rssMb = await residentMb(child.pid!)
  child.stdin.end()
  await exited
  clearTimeout(late)
  if (!ended) throw new Error(`${args.join(' ')} has ended:\n${(await readFile(logFile, 'utf8')).slice(-2_000)}`)
  const { records, ms, cpuMs, whole } = ended
  return {
    perSecond: (whole.records / whole.ms) * 1_000,
    warmPerSecond: (records / ms) * 1_000,
    cpuMicros: (cpuMs / records) * 1_000,
    rssMb,
    handled,
  }
}

/** VmRSS of proc_pid_status(5), MiB. */
async function residentMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) / 1_024
}
