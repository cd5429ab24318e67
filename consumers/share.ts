// A member's share of its group: what it tells whoever leads about what it holds and works on, and, where it leads itself,
// the second thoughts about an assignment that it had to leave uneven: once the long handlers have ended, nothing else would
// make the group share anew.
import type { Logger } from '../app/context.ts'
import type { Assigner, Assignment } from '../kafka/log.ts'
import type { Clock } from '../process/clock.ts'
import { errandAssigner, type UnitOf, unitName, unitsOf } from './assigner.ts'
import type { Partition } from './partition.ts'

export type ShareOptions = {
  readonly unitOf: UnitOf
  /** Identity of the store that the group writes to, if any. */
  readonly storeIdentity: string | undefined
  /** What is held now. */
  readonly partitions: () => readonly Partition[]
  /** Makes the group share anew, where this member leads it. */
  readonly reassign: () => void
  readonly clock: Clock
  readonly logger: Logger
}

/** A handler that has run longer is not aborted just to level. */
const busyAfterMs = 10_000
/** An uneven group is asked for another assignment after so long, then after twice as long, and so on up to the longest. */
const [firstMs, longestMs] = [30_000, 600_000]

export class Share {
  readonly assigner: Assigner
  readonly #options: ShareOptions
  #held: { readonly held: readonly string[]; readonly sinceMs: number } = { held: [], sinceMs: 0 }
  /** What this member has made of the assignment that is about to come. */
  #isUneven = false
  #waitMs = firstMs
  #timer: Disposable | undefined

  constructor(options: ShareOptions) {
    const { unitOf, storeIdentity, partitions, clock, logger } = options
    this.#options = options
    const store = storeIdentity === undefined ? {} : { store: storeIdentity }
    this.assigner = errandAssigner({
      ...{ unitOf, log: logger },
      claims: () => ({ ...this.#held, busy: busyUnits(unitOf, partitions(), clock.now()), ...store }),
      onAssigned: (isUneven) => {
        this.#isUneven = isUneven
      },
    })
  }

  /** The group has shared. */
  joined(assignment: Assignment): void {
    const { unitOf, clock } = this.#options
    this.#held = { held: unitsOf(unitOf, assignment), sinceMs: clock.now() }
    const isUneven = this.#isUneven
    this.#isUneven = false // of the next assignment another one may be the leader
    if (isUneven) this.#levelLater()
    else this.end()
  }

  /** No more second thoughts. */
  end(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    this.#waitMs = firstMs
  }

  #levelLater(): void {
    const { clock, logger, reassign } = this.#options
    if (this.#timer) return
    const afterMs = this.#waitMs
    logger.info('group.uneven', { why: whyUneven, afterMs })
    this.#timer = clock.after(afterMs, () => {
      this.#timer = undefined
      this.#waitMs = Math.min(2 * afterMs, longestMs)
      reassign()
    })
  }
}

export const whyIdle =
  'no partition was left: the group has more members than partitions, what could move is being worked on for long (it is shared anew when that ends), or this one writes to another store'

const whyUneven = 'handlers that have run for over 10 s keep partitions where they are; they are shared anew later'

function busyUnits(unitOf: UnitOf, partitions: readonly Partition[], nowMs: number): readonly string[] {
  const isBusy = ({ inHand }: Partition): boolean =>
    [...inHand].some(({ runningSinceMs = nowMs }) => nowMs - runningSinceMs > busyAfterMs)
  const busy = partitions.filter(isBusy).map(({ topic, partition }) => unitName(unitOf, topic, partition))
  return [...new Set(busy)]
}
