// The coordinator of a group, wherever it is by now. kafkajs looks for it when it joins, and from then on asks that broker:
// where it has gone, or coordinates other groups, the member beats in vain until it is out of its group, and whatever it did
// meanwhile is done again. Here heartbeats, commits and the leave go to whoever coordinates when they are sent; commits and the
// leave also while a join waits for others, when the broker answers nothing else on the connection of the join.
import type { Broker, Cluster } from 'kafkajs'
import { unavailable } from '../logErrors.ts'
import { cutSilent } from './cluster.ts'
import { within } from './deadline.ts'
import { kafkaType } from './errors.ts'

/** A coordinator's answer to a member that joins. */
export type JoinAnswer = { readonly memberId: string; readonly generationId: number }

type Request = 'joinGroup' | 'heartbeat' | 'leaveGroup'
export type Coordinator = Broker & Readonly<Record<Request, (request: unknown) => Promise<unknown>>>

/** How long a lost coordinator is waited for. A commit is never sent after that: it could undo a later one. */
const findMs = 5_000

const moved = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE'])

/** OffsetCommit and LeaveGroup, as Kafka's protocol numbers them. */
const passing = new Set([8, 13])

/** What kafkajs' types leave out: two connections to a broker, the second for fetches, of which there are none during a join. */
type WithPool = {
  readonly connectionPool?: {
    getConnectionByRequest(asked: { readonly request: { readonly apiKey: number } }): unknown
    getConnection(index: number): unknown
  }
}

function passJoins(broker: Broker, isJoining: () => boolean): void {
  const pool = (broker as WithPool).connectionPool
  if (!pool) return
  const usual = pool.getConnectionByRequest.bind(pool)
  pool.getConnectionByRequest = (asked) =>
    isJoining() && passing.has(asked.request.apiKey) ? pool.getConnection(1) : usual(asked)
}

export class GroupCoordinator {
  readonly #cluster: Cluster
  readonly #groupId: string
  readonly #onAnswer: (answer: JoinAnswer) => void
  readonly #find: Cluster['findGroupCoordinator']
  /** What kafkajs calls is ours; this is what it was. */
  readonly #own = new WeakMap<Broker, Coordinator>()
  #current: Broker | undefined
  #search: Promise<Broker> | undefined
  #mustRejoin = false
  #joining = false
  #hasLeft = false

  /**
   * `onAnswer` is told every answer to a join: the GROUP_JOIN event does not carry the generation, and kafkajs's own commits
   * are stamped with that of the moment in which they are sent or repeated, so an old decision can pass as a new one (facts B7).
   */
  constructor(cluster: Cluster, groupId: string, onAnswer: (answer: JoinAnswer) => void) {
    this.#cluster = cluster
    this.#groupId = groupId
    this.#onAnswer = onAnswer
    this.#find = cluster.findGroupCoordinator.bind(cluster)
    cluster.findGroupCoordinator = async (group) => {
      const found = await this.#find(group)
      this.#adopt(found as Coordinator)
      this.#current = found
      return found
    }
  }

  /** Asks once. Where the coordinator turns out to be another one, it is looked for, and the next question goes to it. */
  async ask<T>(question: (coordinator: Coordinator) => Promise<T>): Promise<T> {
    const current = this.#current?.isConnected() ? this.#current : await this.#present()
    try {
      return await question(this.#own.get(current) ?? (current as Coordinator))
    } catch (error) {
      const type = kafkaType(error)
      if ((type === undefined || moved.has(type)) && this.#current === current) this.#current = undefined
      cutSilent(this.#cluster, error)
      throw error
    }
  }

  /** kafkajs joins anew when a heartbeat says that the group shares anew; of the leader that makes it do so. */
  rejoin(): void {
    this.#mustRejoin = true
  }

  /** Joins nothing any more. Where a join waits for others the member leaves at once: kafkajs would wait with it. */
  async leave(memberId: string | undefined): Promise<void> {
    this.#hasLeft = true
    if (!this.#joining || memberId === undefined) return
    await this.ask((present) => present.leaveGroup({ groupId: this.#groupId, memberId }))
  }

  /** kafkajs keeps the broker that it joined at: what it asks of that one goes to the present one. */
  #adopt(coordinator: Coordinator): void {
    if (this.#own.has(coordinator)) return
    const requests = ['joinGroup', 'heartbeat', 'leaveGroup'] as const
    const own = Object.fromEntries(requests.map((name) => [name, coordinator[name].bind(coordinator)]))
    this.#own.set(coordinator, Object.setPrototypeOf(own, coordinator))
    passJoins(coordinator, () => this.#joining)
    Object.assign(coordinator, {
      joinGroup: async (request: unknown) => {
        if (this.#hasLeft) throw new Error('this member has left')
        this.#mustRejoin = false
        this.#joining = true
        try {
          const answer = await own.joinGroup!(request)
          this.#onAnswer(answer as JoinAnswer)
          return answer
        } finally {
          this.#joining = false
        }
      },
      heartbeat: async (request: unknown) => {
        if (this.#mustRejoin)
          throw Object.assign(new Error('a rejoin was asked for'), { type: 'REBALANCE_IN_PROGRESS' })
        return this.#askAgain((present) => present.heartbeat(request))
      },
      leaveGroup: (request: unknown) => this.#askAgain((present) => present.leaveGroup(request)),
    })
  }

  /** For what may be asked twice. */
  #askAgain<T>(question: (coordinator: Coordinator) => Promise<T>): Promise<T> {
    return this.ask(question).catch((error: unknown) => {
      if (this.#current) throw error
      return this.ask(question)
    })
  }

  /** Rejects with what is retriable: kafkajs takes some of its own errors for final, and would end the membership. */
  #present(): Promise<Broker> {
    this.#search ??= this.#cluster
      .findGroupCoordinator({ groupId: this.#groupId })
      .catch((error: unknown) => {
        throw unavailable(error)
      })
      .finally(() => {
        this.#search = undefined
      })
    return within(this.#search, findMs)
  }
}
