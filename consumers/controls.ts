// Controls: what an operator has told the members of a group, on the compacted topic `controls`. A process reads it to its
// end before its groups join, and follows it from then on; the last word on a group counts, over what the process was started
// with, until it is changed or taken back.
import type { Logger } from '../app/context.ts'
import { type Catalogue, controlName, type Group } from '../kafka/catalogue.ts'
import { writeHeaders } from '../kafka/headers.ts'
import type { Log, LogRecord } from '../kafka/log.ts'
import { backoffMs } from '../process/backoff.ts'
import { Control } from '../schemas/platform/generated.ts'
import type { Platform, RunningGroup } from './role.ts'

/** More at once than any handler can use; a window has room for no more anyway. */
export const maxConcurrency = 10_000

export const isConcurrency = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxConcurrency

/** By `controlName`. */
export type Controls = ReadonlyMap<string, Control>

/** The view must go on for answers to be right (I9), so nobody can pause it. */
export const isControllable = ({ role }: Group): boolean => role !== 'status'

type Reading = Pick<Platform, 'catalogue' | 'codec' | 'logger'> & { readonly log: Log }

/** The controls as they are now. */
export async function readControls(reading: Reading): Promise<Controls> {
  const controls = new Map<string, Control>()
  await readOn(reading, controls, { until: await endOf(reading), isQuiet: true })
  return controls
}

/** Applies the controls of these groups, once before this resolves and at each change from then on. */
export async function followControls(platform: Platform, groups: readonly RunningGroup[]): Promise<Disposable> {
  const { clock, logger } = platform
  const apply = applying(groups, logger)
  const stopped = new AbortController()
  const { signal } = stopped
  const start = async (): Promise<Follow> => {
    const controls = new Map<string, Control>()
    const end = await endOf(platform)
    await readOn(platform, controls, { until: end, signal })
    apply(controls)
    return { controls, end }
  }
  const follow = async ({ controls, end }: Follow): Promise<void> => {
    await readOn(platform, controls, { from: end, until: 'never', signal, onChange: () => apply(controls) })
  }
  const goOn = async (first: Follow): Promise<void> => {
    let from: Follow | undefined = first
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        from ??= await start()
        await follow(from)
      } catch (error) {
        if (signal.aborted) return
        logger.warn('controls.notRead', { error, why: 'what was told before goes on counting' })
        await clock.sleep(backoffMs(attempt), signal).catch(() => undefined)
      }
      from = undefined // what was missed meanwhile is in the whole, and applied at once
    }
  }
  void goOn(await start())
  return { [Symbol.dispose]: () => stopped.abort(new Error('the process stops')) }
}

type Follow = { readonly controls: Map<string, Control>; readonly end: bigint }

type ReadOn = {
  readonly from?: bigint
  readonly until: bigint | 'never'
  readonly signal?: AbortSignal
  readonly onChange?: () => void
  /** What cannot be read is for those who follow to tell. */
  readonly isQuiet?: boolean
}

async function readOn(
  { log, catalogue, codec, logger }: Reading,
  controls: Map<string, Control>,
  { from, until, signal, onChange, isQuiet = false }: ReadOn,
): Promise<void> {
  const stretch = {
    from: from === undefined ? ('earliest' as const) : new Map([[0, from]]),
    until: until === 'never' ? until : new Map([[0, until]]),
  }
  for await (const record of log.read(catalogue.controls, { ...stretch, ...(signal && { signal }) })) {
    const name = record.key?.toString() ?? ''
    try {
      const control = await decode(codec, record)
      if (control) controls.set(name, control)
      else controls.delete(name)
      onChange?.()
    } catch (error) {
      logger[isQuiet ? 'debug' : 'warn']('control.ignored', { control: name, offset: String(record.offset), error })
    }
  }
}

async function decode(codec: Platform['codec'], { value }: LogRecord): Promise<Control | undefined> {
  if (value === null) return undefined
  const control = (await codec.decode(value, Control)) as Control
  const { concurrency } = control
  if (concurrency !== null && !isConcurrency(concurrency))
    throw new RangeError(`a concurrency of ${concurrency} is not between 1 and ${maxConcurrency}`)
  return control
}

const endOf = async ({ log, catalogue }: Reading): Promise<bigint> =>
  (await log.admin.offsets(catalogue.controls))[0]?.high ?? 0n

/** Sets each group as told, else as it was started; says so where that changes anything. */
function applying(groups: readonly RunningGroup[], logger: Logger): (controls: Controls) => void {
  const own = groups
    .filter(({ group }) => isControllable(group))
    .map(({ group, member: { scheduler } }) => ({ group, scheduler, started: scheduler.concurrency }))
  return (controls) => {
    for (const { group, scheduler, started } of own) {
      const { paused, concurrency } = controls.get(controlName(group)) ?? { paused: false, concurrency: null }
      const wanted = concurrency ?? started
      if (scheduler.paused === paused && scheduler.concurrency === wanted) continue
      scheduler.paused = paused
      scheduler.concurrency = wanted
      const why = `an operator's control counts over what this process was started with, ${started} at once`
      logger.info('group.controlled', { group: group.id, paused, concurrency: wanted, why })
    }
  }
}

export type Told = Pick<Control, 'paused' | 'concurrency'>

export type ControlOptions = Reading & Pick<Platform, 'producer' | 'clock'> & { readonly catalogue: Catalogue }

/** Tells the members of a group; resolves with what counts from now on, when the broker has it. Rejects as the producer does. */
export async function control(options: ControlOptions, group: Group, change: Partial<Told>): Promise<Control> {
  const { catalogue, codec, producer, clock } = options
  const name = controlName(group)
  const before = (await readControls(options)).get(name) ?? { paused: false, concurrency: null }
  const atMs = clock.now()
  const told: Control = { paused: before.paused, concurrency: before.concurrency, ...change, at: new Date(atMs) }
  const encode = await codec.encoder(`${catalogue.controls}-value`, Control)
  const isUsual = !told.paused && told.concurrency === null
  const headers = writeHeaders({
    id: `${name}/${atMs}`,
    type: 'errand.control',
    source: catalogue.source,
    timeMs: atMs,
    run: 1,
  })
  const record = { key: Buffer.from(name), value: isUsual ? null : encode(told), headers }
  await producer.send(catalogue.controls, record, { kind: 'key' }, { deadlineMs: atMs + 10_000 })
  return told
}
