// A consumer group in memory: members, generations, committed positions. As on a broker a rebalance has two steps: the
// members hear of it (and may still commit), then all that are there get the next generation and its assignment.
import { setImmediate } from 'node:timers'
import type { Assigner, Assignment, Position } from '../log.ts'
import { commitRefused, inconsistentAssigner, metadataTooLarge } from '../logErrors.ts'

/** What the group needs of a member. */
export type GroupClient = {
  readonly clientId: string
  readonly topics: readonly string[]
  readonly assigner: Assigner
  /** Resolves when it has rejoined. */
  rebalancing(): Promise<void>
  joined(turn: { readonly memberId: string; readonly generation: number; readonly assignment: Assignment }): void
}

/** Who commits: checked against the group as it is when the commit arrives. */
export type Stamp = { readonly memberId: string; readonly generation: number }

const metadataBytes = 4_096

export class MemoryGroup {
  readonly id: string
  readonly #partitions: (topic: string) => number
  readonly #members = new Map<string, GroupClient>()
  readonly #positions = new Map<string, Position>()
  #generation = 0
  #joins = 0
  #rebalancing = false

  /** `partitions` tells a topic's partition count. */
  constructor(id: string, partitions: (topic: string) => number) {
    this.id = id
    this.#partitions = partitions
  }

  /** Takes a member in under a new id. Throws `inconsistent-assigner`. */
  join(client: GroupClient): string {
    const other = [...this.#members.values()].find(({ assigner }) => assigner.name !== client.assigner.name)
    if (other) throw inconsistentAssigner(this.id, client.assigner.name)
    const memberId = `${this.id}#${++this.#joins}`
    this.#members.set(memberId, client)
    this.#rebalance()
    return memberId
  }

  /** Lets a member go, whether it left or its session expired. Gives it back if it was one. */
  remove(memberId: string): GroupClient | undefined {
    const client = this.#members.get(memberId)
    if (this.#members.delete(memberId)) this.#rebalance()
    return client
  }

  clientIds(): readonly string[] {
    return [...this.#members.values()].map(({ clientId }) => clientId)
  }

  /** Shares anew, if the one who asks is the leader. */
  reassign(memberId: string): void {
    if (this.#members.keys().next().value === memberId) this.#rebalance()
  }

  /** Checks membership and generation, never ownership (facts B6). Throws `commit-refused`. */
  commit({ memberId, generation }: Stamp, positions: readonly Position[]): void {
    if (!this.#members.has(memberId)) throw commitRefused(this.id, `it does not know ${memberId}`)
    if (generation !== this.#generation)
      throw commitRefused(this.id, `it is at generation ${this.#generation}, not ${generation}`)
    this.move(positions)
  }

  /** Moves the group whoever asks, as a transaction may (facts D1). All or nothing. */
  move(positions: readonly Position[]): void {
    for (const { topic, partition, metadata } of positions) {
      this.#partitions(topic) // throws for an unknown one
      if (Buffer.byteLength(metadata) > metadataBytes) throw metadataTooLarge(this.id)
      if (!Number.isInteger(partition)) throw new TypeError(`${partition} is not a partition`)
    }
    for (const position of positions) this.#positions.set(`${position.topic}/${position.partition}`, position)
  }

  committed(topic: string, partition: number): Position | undefined {
    return this.#positions.get(`${topic}/${partition}`)
  }

  /** Throws `unknown-topic`. */
  positions(topics: readonly string[]): readonly Position[] {
    for (const topic of topics) this.#partitions(topic)
    return [...this.#positions.values()].filter(({ topic }) => topics.includes(topic))
  }

  #rebalance(): void {
    if (this.#rebalancing) return // the round under way takes in whoever is there at its end
    this.#rebalancing = true
    setImmediate(() => void this.#round())
  }

  async #round(): Promise<void> {
    await Promise.all([...this.#members.values()].map((client) => client.rebalancing()))
    this.#rebalancing = false
    this.#assign()
  }

  #assign(): void {
    const members = [...this.#members]
    const leader = members[0]?.[1]
    if (!leader) return
    this.#generation++
    const topics = new Set(members.flatMap(([, client]) => client.topics))
    const assignments = leader.assigner.assign(
      members.map(([id, client]) => ({ id, topics: client.topics, userData: client.assigner.userData() })),
      new Map([...topics].map((topic) => [topic, this.#partitions(topic)])),
    )
    for (const [memberId, client] of members)
      if (this.#members.has(memberId))
        client.joined({ memberId, generation: this.#generation, assignment: assignments.get(memberId) ?? new Map() })
  }
}
