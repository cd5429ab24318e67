// The key scheduler: first in, first out per key, bounded concurrency over all lanes of a group, fair between lanes (I3).
// A lane is a partition number. Work without a key waits for nobody. Pure of Kafka; the time is injected.
//
//   waiting behind its key ─▶ ready (first of its key) ─▶ running ─▶ done: the next of the key is ready
//                                    ▲                      │
//                                    └── after afterMs ◀── again: the key is held, the slot is free
import { Chain } from '../process/chain.ts'
import type { Clock } from '../process/clock.ts'

/** What one run of a task came to. */
export type Step = { readonly kind: 'done' } | { readonly kind: 'again'; readonly afterMs: number }

/** Runs once, and says once what it came to. */
export type Run = (onEnd: (step: Step) => void) => void

type Task = {
  readonly key: string | null
  readonly run: Run
  /** Of the same key, and behind this one. */
  next: Task | undefined
}

export class Scheduler {
  readonly #clock: Clock
  /** Lanes with something ready, in turn. */
  readonly #turn: Lane[] = []
  readonly #whenIdle: (() => void)[] = []
  #concurrency: number
  #running = 0
  #done = 0
  #paused = false
  #stopped = false

  constructor({ concurrency, clock }: { readonly concurrency: number; readonly clock: Clock }) {
    this.#concurrency = concurrency
    this.#clock = clock
  }

  /** A new lane; it takes its turn among the others. */
  lane(): Lane {
    return new Lane(this.#clock, {
      onReady: (lane) => {
        this.#turn.push(lane)
        this.#start()
      },
      onEnd: (kind) => this.#end(kind),
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

  /** Starts nothing more, for good; what runs goes on. */
  stop(): void {
    this.#stopped = true
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #start(): void {
    while (!this.#stopped && !this.#paused && this.#running < this.#concurrency) {
      const lane = this.#turn.shift()
      if (!lane) return
      const { ready } = lane
      if (ready === 0) continue // it has been dropped
      this.#running += 1
      lane.begin()
      if (ready > 1) this.#turn.push(lane)
    }
  }

  #end(kind: Step['kind']): void {
    this.#running -= 1
    if (kind === 'done') this.#done += 1
    if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
    this.#start()
  }
}

type LaneOptions = {
  /** It has something ready, and had nothing before. */
  readonly onReady: (lane: Lane) => void
  /** A slot is free again. */
  readonly onEnd: (kind: Step['kind']) => void
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

  /** Starts the first that is ready. */
  begin(): void {
    const task = this.#ready.shift()!
    task.run((step) => {
      if (!this.#dropped) this.#settle(task, step)
      this.#options.onEnd(step.kind)
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
