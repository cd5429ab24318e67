// Notices silence: after an outage kafkajs may go on fetching without a membership. It has forgotten its member id, neither
// beats nor joins, and tells nobody; its broker has long given the partitions to others.
import type { Clock } from '../../process/clock.ts'

export class Pulse {
  readonly #options: { readonly silenceMs: number; readonly clock: Clock; readonly onSilence: () => void }
  #lastMs = 0
  #timer: Disposable | undefined

  /** `onSilence` is called once after `silenceMs` without a beat; the next beat begins anew. */
  constructor(options: { readonly silenceMs: number; readonly clock: Clock; readonly onSilence: () => void }) {
    this.#options = options
  }

  beat(): void {
    this.#lastMs = this.#options.clock.now()
    if (!this.#timer) this.#wait(this.#options.silenceMs)
  }

  /** Expects no beat until the next one. */
  rest(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }

  #wait(delayMs: number): void {
    const { silenceMs, clock, onSilence } = this.#options
    this.#timer = clock.after(delayMs, () => {
      this.#timer = undefined
      const quietMs = clock.now() - this.#lastMs
      if (quietMs >= silenceMs) onSilence()
      else this.#wait(silenceMs - quietMs)
    })
  }
}
