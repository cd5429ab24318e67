// Slots: so many at once, the rest wait in the order in which they came.
import { Chain } from '../../process/chain.ts'

export class Slots {
  #free: number
  readonly #waiting = new Chain<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves with a slot, which must be released. Rejects with the signal's reason, holding none, when it aborts before. */
  take(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const place = this.#waiting.add(() => {
        this.#waiting.remove(place)
        signal.removeEventListener('abort', leave)
        resolve()
      })
      const leave = (): void => {
        this.#waiting.remove(place)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  release(): void {
    const enter = this.#waiting.first
    if (enter) enter()
    else this.#free += 1
  }
}
