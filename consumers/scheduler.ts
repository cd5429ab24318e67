// The key scheduler: first in, first out per key, bounded concurrency over all lanes of a group, fair between lanes (I3).
// A lane is a partition number. Work without a key waits for nobody. Pure of Kafka; the time is injected.
//
//   waiting behind its key ─▶ ready (first of its key) ─▶ running ─▶ done: the next of the key is ready
//                                    ▲                      │
//                                    └── after afterMs ◀── again: the key is held, the slot is free
//
// An operator's pause and the circuit (circuit.ts) are two things that may keep it from starting more: neither undoes the other.
import { Chain } from '../process/chain.ts'
import type { Clock } from '../process/clock.ts'
import { type Circuit, closed, ended, type Finding, mayStartMs, started } from './circuit.ts'

/** What one run of a task came to. */
export type Step = ({ readonly kind: 'done' } | { readonly kind: 'again'; readonly afterMs: number }) & {
  readonly found?: Finding | undefined
}

/** Runs once, and says once what it came to. */
export type Run = (onEnd: (step: Step) => void) => void

type Task = {
  readonly key: string | null
  readonly run: Run
  /** Of the same key, and behind this one. */
  next: Task | undefined
}

export type SchedulerOptions = {
  readonly concurrency: number
  readonly clock: Clock
  /** The circuit has opened, or closed. */
  readonly onHeld?: (circuit: Circuit) => void
}

export class Scheduler {
  readonly #clock: Clock
  readonly #onHeld: ((circuit: Circuit) => void) | undefined
  /** Lanes with something ready, in turn. */
  readonly #turn: Lane[] = []
  readonly #whenIdle: (() => void)[] = []
  #concurrency: number
  #running = 0
  #done = 0
  #paused = false
  #stopped = false
  #circuit: Circuit = closed
  #wake: Disposable | undefined

  constructor({ concurrency, clock, onHeld }: SchedulerOptions) {
    this.#concurrency = concurrency
    this.#clock = clock
    this.#onHeld = onHeld
  }

  /** A new lane; it takes its turn among the others. */
  lane(): Lane {
    return new Lane(this.#clock, {
      onReady: (lane) => {
        this.#turn.push(lane)
        this.#start()
      },
      onEnd: (step, trial) => this.#end(step, trial),
    })
  }

  get running(): number {
    return this.#running
  }

  /** How many tasks have been done in all. */
  get done(): number {
    return this.#done
  }

  get concurrency(): number {
    return this.#concurrency
  }

  /** A lower one than what runs ends nothing: that many more have to end before the next starts. */
  set concurrency(atOnce: number) {
    this.#concurrency = atOnce
    this.#start()
  }

  get paused(): boolean {
    return this.#paused
  }

  /** While it is paused nothing more starts; what runs goes on. */
  set paused(paused: boolean) {
    this.#paused = paused
    this.#start()
  }

  /** Until when its circuit keeps it from starting more, and past that while one is tried; undefined where it is closed. */
  get heldUntilMs(): number | undefined {
    return this.#circuit.kind === 'open' ? this.#circuit.untilMs : undefined
  }

  /** Starts nothing more, for good; what runs goes on. */
  stop(): void {
    this.#stopped = true
    this.#wake?.[Symbol.dispose]()
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #start(): void {
    while (!this.#stopped && !this.#paused && this.#running < this.#concurrency && this.#mayStart()) {
      const lane = this.#turn.shift()
      if (!lane) return
      const { ready } = lane
      if (ready === 0) continue // it has been dropped
      this.#running += 1
      const trial = this.heldUntilMs
      if (trial !== undefined) this.#try()
      lane.begin(trial)
      if (ready > 1) this.#turn.push(lane)
    }
  }

  #mayStart(): boolean {
    return this.#circuit.kind === 'closed' || this.#clock.now() >= mayStartMs(this.#circuit)
  }

  #try(): void {
    this.#circuit = started(this.#circuit, this.#clock.now())
    this.#wakeAt(mayStartMs(this.#circuit))
  }

  #end({ kind, found }: Step, trial: number | undefined): void {
    this.#running -= 1
    if (kind === 'done') this.#done += 1
    if (trial !== undefined || found?.kind === 'down') this.#judge(found, trial)
    if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
    this.#start()
  }

  #judge(found: Finding | undefined, trial: number | undefined): void {
    const before = this.#circuit
    this.#circuit = ended(before, { trial, found, nowMs: this.#clock.now() })
    if (this.#circuit.kind !== before.kind) this.#onHeld?.(this.#circuit)
    if (this.#circuit.kind === 'closed') this.#wake?.[Symbol.dispose]()
    else this.#wakeAt(mayStartMs(this.#circuit))
  }

  /** A timer may be early by a moment. */
  #wakeAt(timeMs: number): void {
    this.#wake?.[Symbol.dispose]()
    if (this.#stopped) return
    this.#wake = this.#clock.after(Math.max(1, timeMs - this.#clock.now()), () => {
      if (this.#clock.now() < timeMs) this.#wakeAt(timeMs)
      else this.#start()
    })
  }
}

type LaneOptions = {
  /** It has something ready, and had nothing before. */
  readonly onReady: (lane: Lane) => void
  /** A slot is free again. */
  readonly onEnd: (step: Step, trial: number | undefined) => void
}

/** The tasks of one partition number. */
export class Lane {
  readonly #clock: Clock
  readonly #options: LaneOptions
  /** Tasks that could start now. */
  readonly #ready: Task[] = []
  /** Per key in hand: the last of its tasks, in a box that stays while there are any. */
  readonly #keys = new Map<string, { last: Task }>()
  readonly #timers = new Chain<Disposable>()
  #dropped = false

  constructor(clock: Clock, options: LaneOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** Adds a task behind all others of its key; null is a key of its own. `run` must not reject. */
  add(key: string | null, run: Run): void {
    const task: Task = { key, run, next: undefined }
    const before = key === null ? undefined : this.#keys.get(key)
    if (before) {
      before.last.next = task
      before.last = task
      return
    }
    if (key !== null) this.#keys.set(key, { last: task })
    this.#makeReady(task)
  }

  /** Forgets everything that does not run yet. */
  drop(): void {
    this.#dropped = true
    this.#ready.length = 0
    this.#keys.clear()
    for (const timer of this.#timers) timer[Symbol.dispose]()
  }

  /** How many could start now. */
  get ready(): number {
    return this.#ready.length
  }

  /** Starts the first that is ready. `trial` is said again at its end. */
  begin(trial: number | undefined): void {
    const task = this.#ready.shift()!
    task.run((step) => {
      if (!this.#dropped) this.#settle(task, step)
      this.#options.onEnd(step, trial)
    })
  }

  #settle(task: Task, step: Step): void {
    switch (step.kind) {
      case 'done':
        this.#release(task)
        break
      case 'again': {
        const timer = this.#timers.add(
          this.#clock.after(step.afterMs, () => {
            this.#timers.remove(timer)
            this.#makeReady(task)
          }),
        )
        break
      }
      default:
        step satisfies never
    }
  }

  #release(task: Task): void {
    const { key, next } = task
    task.next = undefined // an old task that is done would keep all later ones of its key through each young collection
    if (next) this.#makeReady(next)
    else if (key !== null) this.#keys.delete(key)
  }

  #makeReady(task: Task): void {
    this.#ready.push(task)
    if (this.#ready.length === 1) this.#options.onReady(this)
  }
}
