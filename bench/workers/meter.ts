// Counts what a consumer handles, in the consumer's own process. A warm-up, then the window that is measured; both end after
// so many seconds, or sooner, where the backlog would run out: with a third of it, and with nine tenths. The first record
// begins it all: joining is not measured. KeyedWorker.java does the same. It prints a line of JSON at the end of the window.
export type Metering = {
  /** Of the backlog's records; null where it is filled up meanwhile. */
  readonly limit: number | null
  readonly seconds: number
}

/** What a consumer's process prints, a line each. */
export type Told =
  /** Within the window. */
  | { readonly kind: 'measured'; readonly records: number; readonly ms: number; readonly cpuMs: number }
  /** Since its start. */
  | { readonly kind: 'handled'; readonly records: number }

export class Meter {
  readonly #limit: number
  readonly #windowMs: number
  #phase: 'waiting' | 'warming' | 'measuring' | 'measured' = 'waiting'
  /** The count at which the next phase begins. */
  #next = 1
  #timer: NodeJS.Timeout | undefined
  #start = { records: 0, ms: 0, cpuMs: 0 }
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
        this.#enter('warming', this.#limit / 3)
        break
      case 'warming':
        this.#start = this.#now()
        this.#enter('measuring', this.#limit * 0.9)
        break
      case 'measuring': {
        const now = this.#now()
        const [records, ms, cpuMs] = (['records', 'ms', 'cpuMs'] as const).map((each) => now[each] - this.#start[each])
        this.#phase = 'measured'
        this.#next = Number.POSITIVE_INFINITY
        tell({ kind: 'measured', records: records!, ms: ms!, cpuMs: cpuMs! })
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
