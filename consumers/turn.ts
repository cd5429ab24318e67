// One record at a time of all that are under suspicion in this process, so that of the one that runs when the process ends
// it can be said that no other suspect ran (custody.ts).
import type { Partition } from './partition.ts'
import type { Step } from './scheduler.ts'

export type TurnOptions = {
  /** Commits who runs alone now, or that nobody does. */
  readonly tell: () => Promise<void>
  readonly run: () => Promise<Step>
}

/** How soon one that waits asks again: so that of many, one a millisecond does. */
const retryMs = (waiting: number): number => Math.max(20, waiting)

export class Turn {
  #taken = false

  /** Runs a record: at once where its partition has no suspects, else alone, when it is its turn. */
  run(partition: Partition, offset: bigint, options: TurnOptions): Promise<Step> {
    const waiting = partition.suspects
    return waiting === undefined ? options.run() : this.#alone(partition, offset, { ...options, waiting })
  }

  async #alone(
    partition: Partition,
    offset: bigint,
    { tell, run, waiting }: TurnOptions & { readonly waiting: number },
  ): Promise<Step> {
    if (this.#taken || !partition.single(offset)) return { kind: 'again', afterMs: retryMs(waiting) }
    this.#taken = true
    try {
      await tell()
      if (partition.signal.aborted) return { kind: 'again', afterMs: 0 }
      const step = await run()
      partition.ran(step.kind === 'done')
      await tell() // before the next runs, in whatever group: the end of the process would else be this one's as well
      return step
    } finally {
      this.#taken = false
    }
  }
}
