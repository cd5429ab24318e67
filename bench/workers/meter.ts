// Counts what a consumer handles, in the consumer's own process: all of it, and its second half by itself, when code is
// compiled. Both halves end after so many seconds, or sooner, where the backlog would run out: with a third of it, and with
// nine tenths. The first record begins it all: joining is not measured. KeyedWorker.java does the same. It prints a line of
// JSON at the end.
export type Metering = {
  /** Of the backlog's records; null where it is filled up meanwhile. */
  readonly limit: number | null
  readonly seconds: number
}

type Counted = { readonly records: number; readonly ms: number }

/** What a consumer's process prints, a line each. */
export type Told =
  /** In the second half; `whole` is of both. */
  | ({ readonly kind: 'measured'; readonly cpuMs: number; readonly whole: Counted } & Counted)
  /** Since its start. */
  | { readonly kind: 'handled'; readonly records: number }

export class Meter {
  readonly #limit: number
  readonly #windowMs: number
  #phase: 'waiting' | 'warming' | 'measuring' | 'measured' = 'waiting'
  /** The count at which the next phase begins. */
  #next = 1
  #timer: NodeJS.Timeout | undefined
  #startMs = 0
  #warm = { records: 0, ms: 0, cpuMs: 0 }
  #total = 0

  constructor({ limit, seconds }: Metering) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY
    this.#windowMs = seconds * 1_000
  }

  get total(): number {
    return this.#total
  }

  count(records = 1): void {
    this.#total += records
    if (this.#total >= this.#next) this.#goOn()
  }

  #goOn(): void {
    clearTimeout(this.#timer)
    switch (this.#phase) {
      case 'waiting':
        this.#startMs = performance.now()
        this.#enter('warming', this.#limit / 3)
        break
      case 'warming':
        this.#warm = this.#now()
        this.#enter('measuring', this.#limit * 0.9)
        break
      case 'measuring': {
        const [now, warm] = [this.#now(), this.#warm]
        this.#phase = 'measured'
        this.#next = Number.POSITIVE_INFINITY
        tell({
          kind: 'measured',
          records: now.records - warm.records,
          ms: now.ms - warm.ms,
          cpuMs: now.cpuMs - warm.cpuMs,
          whole: { records: now.records, ms: now.ms - this.#startMs },
        })
        break
      }
      case 'measured':
        break
      default:
        this.#phase satisfies never
    }
  }

  #enter(phase: 'warming' | 'measuring', until: number): void {
    this.#phase = phase
    this.#next = until
    this.#timer = setTimeout(() => this.#goOn(), this.#windowMs)
  }

  #now() {
    const { user, system } = process.cpuUsage()
    return { records: this.#total, ms: performance.now(), cpuMs: (user + system) / 1_000 }
  }
}

export const tell = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`)

/** Resolves when the bench has no more use for this process, or is gone. */
export async function dismissed(): Promise<void> {
  for await (const _ of process.stdin);
}
