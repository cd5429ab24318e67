// When senders wait no longer. Those of one millisecond share a timer: at thousands of sends a second with the same patience a
// timer each would be a good part of what a send costs.
import { Chain, type Link } from '../process/chain.ts'
import type { Clock } from '../process/clock.ts'
import type { Parcel } from './parcel.ts'

type Due = { readonly parcels: Chain<Parcel>; readonly timer: Disposable }

export class Deadlines {
  readonly #clock: Clock
  readonly #due = new Map<number, Due>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Abandons the parcel at `deadlineMs`, ms since the epoch, unless it is removed before. */
  add(parcel: Parcel, deadlineMs: number): Link<Parcel> {
    const due = this.#due.get(deadlineMs) ?? this.#newDue(deadlineMs)
    return due.parcels.add(parcel)
  }

  remove(link: Link<Parcel>, deadlineMs: number): void {
    const due = this.#due.get(deadlineMs)
    if (!due?.parcels.remove(link) || due.parcels.size > 0) return
    due.timer[Symbol.dispose]()
    this.#due.delete(deadlineMs)
  }

  #newDue(deadlineMs: number): Due {
    const parcels = new Chain<Parcel>()
    const pass = (): void => {
      this.#due.delete(deadlineMs)
      for (const each of parcels) each.abandon('its deadline passed')
    }
    const due = { parcels, timer: this.#clock.after(deadlineMs - this.#clock.now(), pass) }
    this.#due.set(deadlineMs, due)
    return due
  }
}
