// When senders wait no longer. Those of one millisecond share a timer: at thousands of sends a second with the same patience a
// timer each would be a good part of what a send costs.
import { Chain } from '../process/chain.ts'
import type { Clock } from '../process/clock.ts'
import type { Parcel } from './parcel.ts'

type Due = { readonly deadlineMs: number; readonly parcels: Chain<Parcel>; readonly timer: Disposable }

export class Deadlines {
  readonly #clock: Clock
  readonly #due = new Map<number, Due>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Abandons the parcel at `deadlineMs`, ms since the epoch, unless what is returned is called before. */
  add(parcel: Parcel, deadlineMs: number): () => void {
    const due = this.#due.get(deadlineMs) ?? this.#newDue(deadlineMs)
    const link = due.parcels.add(parcel)
    return () => {
      if (due.parcels.remove(link) && due.parcels.size === 0) this.#end(due)
    }
  }

  #newDue(deadlineMs: number): Due {
    const parcels = new Chain<Parcel>()
    const pass = (): void => {
      this.#end(due)
      for (const each of parcels) each.abandon('its deadline passed')
    }
    const due = { deadlineMs, parcels, timer: this.#clock.after(deadlineMs - this.#clock.now(), pass) }
    this.#due.set(deadlineMs, due)
    return due
  }

  /** There may be another of the same time by now: timers can be early, and clocks be set back. */
  #end(due: Due): void {
    due.timer[Symbol.dispose]()
    if (this.#due.get(due.deadlineMs) === due) this.#due.delete(due.deadlineMs)
  }
}
