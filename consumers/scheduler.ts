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

type Task = { readonly key: string | null; readonly run: () => Promise<Step> }

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
    return new Lane(this.#clock, (lane) => {
      if (!this.#turn.includes(lane)) this.#turn.push(lane)
      this.#start()
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
      const finish = lane.begin()
      if (!finish) continue
      this.#turn.push(lane)
      this.#running += 1
      void finish.then((kind) => {
        this.#running -= 1
        if (kind === 'done') this.#done += 1
        if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
        this.#start()
      })
    }
  }
}

/** The tasks of one partition number. */
export class Lane {
  readonly #clock: Clock
  readonly #announce: (lane: Lane) => void
  /** Tasks that could start now. */
  readonly #ready: Task[] = []
  /** Per key in hand: what waits behind it, in order. */
  readonly #behind = new Map<string, Task[]>()
  readonly #timers = new Chain<Disposable>()
  #dropped = false

  constructor(clock: Clock, announce: (lane: Lane) => void) {
    this.#clock = clock
    this.#announce = announce
  }

  /** Adds a task behind all others of its key; null is a key of its own. `run` must not reject. */
  add(key: string | null, run: () => Promise<Step>): void {
    const task = { key, run }
    const behind = key === null ? undefined : this.#behind.get(key)
    if (behind) {
      behind.push(task)
      return
    }
    if (key !== null) this.#behind.set(key, [])
    this.#makeReady(task)
  }

  /** Forgets everything that does not run yet. */
  drop(): void {
    this.#dropped = true
    this.#ready.length = 0
    this.#behind.clear()
    for (const timer of this.#timers) timer[Symbol.dispose]()
  }

  /** Starts the first ready task. Resolves when its slot is free again, with what it came to; undefined where nothing is ready. */
  begin(): Promise<Step['kind']> | undefined {
    const task = this.#ready.shift()
    return task?.run().then((step) => {
      if (!this.#dropped) this.#settle(task, step)
      return step.kind
    })
  }

  #settle(task: Task, step: Step): void {
    switch (step.kind) {
      case 'done':
        this.#release(task.key)
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

  #release(key: string | null): void {
    if (key === null) return
    const next = this.#behind.get(key)?.shift()
    if (next) this.#makeReady(next)
    else this.#behind.delete(key)
  }

  #makeReady(task: Task): void {
    this.#ready.push(task)
    this.#announce(this)
  }
}
