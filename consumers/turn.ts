// One record at a time of all that are under suspicion in this process, so that of the one that runs when the process ends
// it can be said that no other suspect ran (custody.ts).

import { chance } from '../process/chance.ts'
import type { Partition } from './partition.ts'
import type { Run, Step } from './scheduler.ts'

export type TurnOptions = {
  /** Commits who runs alone now, or that nobody does. */
  readonly tell: () => Promise<void>
  readonly run: Run
}

/** How soon one that waits asks again: so that of many, one a millisecond does. */
const retryMs = (waiting: number): number => Math.max(20, waiting)

export class Turn {
  /** Names the process in commits: what it takes over from itself, after it was taken for dead, has killed nobody. */
  readonly process = 1 + Math.floor(chance() * 2 ** 24)
  /** Those with suspects. */
  readonly #partitions = new Set<Partition>()
  #taken = false

  /** Runs a record: at once where its partition has no suspects, else alone, when it is its turn. */
  run(partition: Partition, offset: bigint, options: TurnOptions, onEnd: (step: Step) => void): void {
    if (partition.suspects === undefined) options.run(onEnd)
    else {
      this.#partitions.add(partition)
      void this.#alone(partition, offset, options).then(onEnd)
    }
  }

  async #alone(partition: Partition, offset: bigint, { tell, run }: TurnOptions): Promise<Step> {
    if (this.#taken || !partition.single(offset)) return { kind: 'again', afterMs: retryMs(this.#waiting()) }
    this.#taken = true
    try {
      await tell()
      if (partition.signal.aborted) return { kind: 'again', afterMs: 0 }
      const step = await new Promise<Step>(run)
      partition.ran(step.kind === 'done')
      await tell() // before the next runs, in whatever group: the end of the process would else be this one's as well
      return step
    } finally {
      this.#taken = false
    }
  }

  #waiting(): number {
    let waiting = 0
    for (const partition of this.#partitions) {
      const { suspects } = partition
      if (suspects === undefined || partition.signal.aborted) this.#partitions.delete(partition)
      else waiting += suspects
    }
    return waiting
  }
}
