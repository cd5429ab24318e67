// Where delay may bring a record: to retry topics of this app's groups, and nowhere else. Headers are not believed, so what
// they name is judged; and a destination that is in trouble is left alone for a while.
import type { Catalogue } from '../../kafka/catalogue.ts'
import type { Admin, TopicPartition } from '../../kafka/log.ts'
import type { Clock } from '../../process/clock.ts'
import { nameOf } from '../positions.ts'

const ownGroup = /^((workers|subscribers)\..+|callbacks)$/
/** Begins as groups of the platform do, or is the group of a longer namespace: of `shop.eu`, where this one is `shop`. */
const othersGroup = /^(requests|workers|subscribers|callbacks|delay)(\.|$)|\.((workers|subscribers)\..+|callbacks)$/

/**
 * Whether it is a retry topic of a group: of this app, or, by its name, of a version of it that has a group more than this one
 * (I10). Never a topic that this app knows as something else, nor one of a namespace that begins as its own does.
 */
export function isRetryTopic({ namespace, groups, topics, takenOver }: Catalogue, topic: string): boolean {
  if (groups.some(({ role, failures }) => role !== 'delay' && failures?.retry === topic)) return true
  const isKnown = takenOver.includes(topic) || topics.some(({ name }) => name === topic)
  if (isKnown || !topic.startsWith(`${namespace}.`) || !topic.endsWith('.retry')) return false
  const group = topic.slice(namespace.length + 1, -'.retry'.length)
  return ownGroup.test(group) || (group !== '' && !othersGroup.test(group))
}

/** Tells whether a partition exists; undefined while that cannot be asked. */
export function existing(admin: Pick<Admin, 'partitions'>): (at: TopicPartition) => Promise<boolean | undefined> {
  const counts = new Map<string, number>()
  return async ({ topic, partition }) => {
    if (partition < (counts.get(topic) ?? 0)) return true
    try {
      const count = await admin.partitions(topic)
      counts.set(topic, count)
      return partition < count
    } catch (error) {
      return (error as { code?: unknown }).code === 'unknown-topic' ? false : undefined
    }
  }
}

const [firstMs, longestMs] = [1_000, 60_000]

/** Destinations that did not take what they were sent: each is let be for twice as long as the time before. */
export class Troubles {
  readonly #clock: Clock
  readonly #all = new Map<string, { readonly untilMs: number; readonly waitMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** When it may be tried again; undefined where it may now. */
  until(to: TopicPartition): number | undefined {
    const untilMs = this.#all.get(nameOf(to))?.untilMs ?? 0
    return untilMs > this.#clock.now() ? untilMs : undefined
  }

  /** Whether it has failed since it last took something. */
  has(to: TopicPartition): boolean {
    return this.#all.has(nameOf(to))
  }

  failed(to: TopicPartition): void {
    const waitMs = Math.min(longestMs, 2 * (this.#all.get(nameOf(to))?.waitMs ?? firstMs / 2))
    this.#all.set(nameOf(to), { untilMs: this.#clock.now() + waitMs, waitMs })
  }

  took(to: TopicPartition): void {
    this.#all.delete(nameOf(to))
  }
}
