// The processes of a simulated system, and what becomes of them: they join and leave, die and are replaced, stand still.
import type { MemoryCluster } from '../kafka/memory/log.ts'
import type { Chance } from '../process/chance.ts'
import type { Clock } from '../process/clock.ts'
import { drawn, type Fault, gapMs } from './faults.ts'
import type { SimulatedProcess } from './simulatedProcess.ts'

export type CrewOptions = {
  /** A process that has not joined yet. */
  readonly open: (name: string) => Promise<SimulatedProcess>
  readonly cluster: MemoryCluster
  readonly clock: Clock
  readonly chance: Chance
  /** Most that are there by a process that joins. */
  readonly most: number
}

/** What handlers get to finish in when their process leaves. */
const graceMs = 5_000
const rejoinMs = 50

export class Crew {
  readonly #options: CrewOptions
  readonly #joined: SimulatedProcess[] = []
  readonly #changes = new Set<Promise<void>>()
  /** Ids that are members no more: a member that comes back has another. */
  readonly #stalled = new Set<string>()
  #named = 0
  #failure: unknown

  constructor(options: CrewOptions) {
    this.#options = options
  }

  /** Messages in hand, and processes that are about to come, to go or to wake. */
  get busy(): number {
    return this.#joined.reduce((sum, { inHand }) => sum + inHand, this.#changes.size)
  }

  /** Whether a process is about to come, to go or to wake. */
  get isChanging(): boolean {
    return this.#changes.size > 0
  }

  /** What has gone wrong that must not. */
  get failure(): unknown {
    return this.#failure
  }

  fail(error: unknown): void {
    this.#failure ??= error
  }

  join(): void {
    this.#change(async () => {
      const process = await this.#options.open(`process-${++this.#named}`)
      await process.join()
      if (!process.isDead) this.#joined.push(process)
    })
  }

  /** All leave. */
  leave(): void {
    for (const process of this.#joined.splice(0)) this.#change(() => process.stop(graceMs))
  }

  suffer(fault: Fault): void {
    const process = drawn(this.#joined, this.#options.chance)
    if (!process) return // those who come are not there yet
    switch (fault) {
      case 'crash':
        this.crash(process)
        break
      case 'move':
        this.#move(process)
        break
      case 'stall':
        this.#stall(process)
        break
      default:
        fault satisfies never
    }
  }

  /** A process dies, and another is started for it. */
  crash(process: SimulatedProcess): void {
    if (process.isDead) return
    process.kill()
    this.#forget(process)
    this.#change(async () => {
      await this.#options.clock.sleep(gapMs(this.#options.chance))
      this.join()
    })
  }

  #move(process: SimulatedProcess): void {
    const { chance, most } = this.#options
    const [mayJoin, mayLeave] = [this.#joined.length < most, this.#joined.length > 1]
    if (mayJoin && (!mayLeave || chance() < 0.5)) this.join()
    else if (mayLeave) {
      this.#forget(process)
      this.#change(() => process.stop(graceMs))
    }
  }

  /** One of its members is taken for dead, and comes back. */
  #stall(process: SimulatedProcess): void {
    const { cluster, clock, chance } = this.#options
    const memberId = drawn(process.memberIds, chance)
    if (memberId === undefined || this.#stalled.has(memberId)) return
    const wake = cluster.evict(memberId)
    this.#stalled.add(memberId)
    this.#change(async () => {
      await clock.sleep(gapMs(chance))
      wake()
      // Until it is back under another id: only then does it know what it has lost.
      while (!process.isDead && process.memberIds.includes(memberId)) await clock.sleep(rejoinMs)
    })
  }

  #forget(process: SimulatedProcess): void {
    const index = this.#joined.indexOf(process)
    if (index >= 0) this.#joined.splice(index, 1)
  }

  #change(change: () => Promise<void>): void {
    const made = change()
      .catch((error: unknown) => this.fail(error))
      .finally(() => this.#changes.delete(made))
    this.#changes.add(made)
  }
}
