// A run of a simulated system: what clients ask of it, how its time passes, and when it has come to rest.
import { setImmediate as turn } from 'node:timers/promises'
import type { App } from '../app/app.ts'
import { ErrandError } from '../app/errors.ts'
import type { Event, KeyedEvent } from '../app/event.ts'
import { disposeResources } from '../app/resources.ts'
import { writeHeaders } from '../kafka/headers.ts'
import { eventEncoder } from '../schemas/eventValue.ts'
import { type DeadLetter, deadLetters } from './deadLetters.ts'
import { faultsInOrder, gapMs } from './faults.ts'
import { type HistoryEvent, type Judgement, judge } from './history.ts'
import { accepted, leftToDo } from './leftToDo.ts'
import type { ReceivedBody, Sent } from './sent.ts'
import { assemble, type Parts, type SimulationOptions } from './simulationParts.ts'
import type { SubmitOptions } from './submitting.ts'

/** Turns of the event loop in which what has just been woken does what it does at once. */
const turns = 4
/** How often it is looked whether anything is left to do: members commit four times a second. */
const lookEveryMs = 250
/**
 * When nothing has happened for so long, only what is done again and again at shorter intervals is left to do until somebody has
 * waited for longer: hours in delay need not be gone through a quarter of a second at a time.
 */
const quietMs = 2_500
/** How long nothing may be done in a run that has an end, beside what a handler may take with all its attempts. */
const restMs = 900_000

export class Simulation {
  readonly #parts: Parts
  /** Requests whose clients want a callback. */
  readonly #asked = new Set<string>()
  #produced = 0
  /** When the last request that is not to run at once is due. */
  #lastDueMs = 0

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  static async start(app: App, options: SimulationOptions): Promise<Simulation> {
    const parts = await assemble(app, options)
    const simulation = new Simulation(parts)
    for (let count = parts.faults?.processes ?? 1; count > 0; count -= 1) parts.crew.join()
    await simulation.#rest() // every group has said where it begins
    return simulation
  }

  get clock(): Parts['clock'] {
    return this.#parts.clock
  }

  async submit(type: string, data: unknown, options: SubmitOptions = {}): Promise<Sent> {
    const { submitting, received } = this.#parts
    this.#lastDueMs = Math.max(this.#lastDueMs, this.#parts.time.now() + (options.afterMs ?? 0))
    const id = await submitting.submit(type, data, options)
    const callbacks: ReceivedBody[] = []
    received.set(id, callbacks)
    if (options.callback !== false) this.#asked.add(id)
    return { id, callbacks, resource: () => submitting.resource(id) }
  }

  /** Resolves with the event's id. */
  async produce<T, Init>(event: Event<T, Init>, record: Init): Promise<string> {
    const { system, time, producer, faults, chance } = this.#parts
    const { app, catalogue, codec } = system
    const keyed: KeyedEvent = event
    if (!app.events.includes(keyed))
      throw new ErrandError('unlisted-event', `the app's events do not list "${event.name}"`)
    const topic = catalogue.event(event.name)
    const id = `event-${++this.#produced}`
    const headers = { id, type: event.name, source: catalogue.source, timeMs: time.now(), run: 1, format: event.format }
    const written = {
      key: Buffer.from(event.key(record)),
      value: (await eventEncoder(codec, event, topic))(record),
      headers: writeHeaders(headers),
    }
    const isDouble = faults !== undefined && chance() < faults.duplicates
    for (const _ of isDouble ? [1, 2] : [1]) await producer.send(topic, written, { kind: 'key' })
    return id
  }

  async settled(): Promise<Judgement> {
    using _faults = this.#disturb()
    await this.#rest()
    const judgement = judge(await this.history())
    const { received, refused } = this.#parts
    const untold = [...this.#asked].filter((id) => received.get(id)?.length === 0 && !refused.has(id))
    const problems = [...judgement.problems, ...untold.map((id) => `${id} has ended, and its client was not told`)]
    if (problems.length > 0) throw this.#error('broken-promise', `a promise was broken:\n- ${problems.join('\n- ')}`)
    return judgement
  }

  async history(): Promise<readonly HistoryEvent[]> {
    const { log, system } = this.#parts
    return [...(await accepted(log, system.catalogue.groups)), ...system.history]
  }

  deadLetters(): Promise<readonly DeadLetter[]> {
    return deadLetters(this.#parts.log, this.#parts.system.catalogue.groups)
  }

  /** All processes leave, and what the run has opened is closed. */
  async close(): Promise<void> {
    const { crew, time, producer, log, system } = this.#parts
    crew.leave()
    const endMs = time.now() + 60_000
    while (crew.busy > 0 && time.now() < endMs) {
      await this.#turns()
      await time.advanceToNext()
    }
    await producer.close(AbortSignal.abort('the test is over'))
    await log.close()
    await system.store.close()
    await disposeResources(system.resources)
  }

  /** Until nothing is in hand, and every group has committed all there is. */
  async #rest(): Promise<void> {
    const { system, time, crew, log, patience, refused } = this.#parts
    const { groups } = system.catalogue
    const workMs = restMs + longestWorkMs(system.app)
    const waitMs = Math.max(0, ...system.app.callbacks.waitsMs)
    /** A callback that was refused waits for as long again. */
    const limitMs = (): number => (refused.size > 0 ? workMs + waitMs : workMs)
    const shown = groups.find(({ role }) => role === 'status')?.id ?? ''
    /** What was done for the first time; that a failed attempt is shown is no progress: it will be tried again. */
    const done = new Set<string>()
    let busyMs = time.now()
    const goOn = async (): Promise<void> => {
      const isQuiet = time.now() - busyMs > quietMs && patience.isIdle && !crew.isChanging
      if (!(isQuiet && (await time.leap(quietMs)))) await time.advanceToNext()
      if (isQuiet) busyMs = time.now()
    }
    for (let [endMs, seen, lookMs] = [time.now() + limitMs(), 0, 0]; ; await goOn()) {
      await this.#turns()
      const before = done.size
      for (const event of system.history.slice(seen))
        if (event.kind === 'ended' && event.how === 'done' && !event.id.endsWith(` of ${shown}`)) done.add(event.id)
      if (done.size > before) endMs = time.now() + limitMs()
      if (system.history.length > seen) busyMs = time.now()
      seen = system.history.length
      if (crew.failure) throw this.#error('failed', 'a process has failed', crew.failure)
      const lateMs = time.now() - Math.max(endMs, this.#lastDueMs + limitMs())
      const isLate = lateMs > 0 && (time.now() - busyMs > quietMs || lateMs > restMs) // what is left is told when it is quiet
      if (!isLate && (crew.busy > 0 || time.now() < lookMs)) continue
      lookMs = time.now() + lookEveryMs
      const left = await leftToDo(log.admin, groups)
      if (left.length === 0) return
      const minutes = Math.round(limitMs() / 60_000)
      const told = `nothing has been done for ${minutes} virtual minutes:\n- ${left.join('\n- ')}`
      if (isLate) throw this.#error('unsettled', told)
    }
  }

  /** What is under way in this instant, and what handlers do in real time. */
  async #turns(): Promise<void> {
    for (let index = 0; index < turns || this.#parts.patience.isWaiting; index += 1) await turn()
  }

  /** Faults from now on, one after the other, until it is disposed. */
  #disturb(): Disposable {
    const { time, crew, chance } = this.#parts
    const faults = this.#parts.faults ? [...faultsInOrder(this.#parts.faults, chance)] : []
    let timer: Disposable | undefined
    const later = (): void => {
      const fault = faults.shift()
      if (!fault) return
      timer = time.after(gapMs(chance), () => {
        crew.suffer(fault)
        later()
      })
    }
    later()
    return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() }
  }

  #error(code: string, what: string, cause?: unknown): ErrandError {
    const { seed, faults } = this.#parts
    const same = `{ seed: ${seed}${faults ? `, faults: ${JSON.stringify(faults)}` : ''} }`
    return new ErrandError(code, `${what}\nThe same run again: testApp(app, ${same})`, { cause })
  }
}

/** What the slowest handler may take with all its attempts and the waits between them. */
const longestWorkMs = ({ requests, subscribers }: App): number =>
  Math.max(
    0,
    ...[...Object.values(requests), ...Object.values(subscribers)].map(
      ({ timeoutMs, retry: { attempts, maxWaitMs, withinMs = Number.POSITIVE_INFINITY } }) =>
        timeoutMs * attempts + Math.min(maxWaitMs * (attempts - 1), withinMs),
    ),
  )
