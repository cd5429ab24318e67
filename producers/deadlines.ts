// When senders wait no longer. Those of one millisecond, that come one after the other, share a timer: at thousands of sends a
// second with the same patience a timer each would be a good part of what a send costs.
import { Chain } from '../process/chain.ts'
import type { Clock } from '../process/clock.ts'
import type { Parcel } from './parcel.ts'

type Due = { readonly deadlineMs: number; readonly parcels: Chain<Parcel>; readonly timer: Disposable }

export class Deadlines {
  readonly #clock: Clock
  #latest: Due | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Abandons the parcel at `deadlineMs`, ms since the epoch, unless what is returned is called before. */
  add(parcel: Parcel, deadlineMs: number): () => void {
    const due = this.#latest?.deadlineMs === deadlineMs ? this.#latest : this.#newDue(deadlineMs)
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
    this.#latest = due
    return due
  }

  #end(due: Due): void {
    due.timer[Symbol.dispose]()
    if (this.#latest === due) this.#latest = undefined
  }
}
