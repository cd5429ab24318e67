// Writes down what happens in a simulated run, for the history checker: it stands between the groups and their handlers
// (`Platform.around`), and between the members and the log, and changes nothing of what passes.
import { setImmediate } from 'node:timers'
import { readCommitMetadata } from '../consumers/commitMetadata.ts'
import type { Handle } from '../consumers/message.ts'
import type { Group } from '../kafka/catalogue.ts'
import type { Log, LogRecord, Membership, MembershipOptions, Position, TopicPartition } from '../kafka/log.ts'
import type { HistoryEvent } from './history.ts'

/** A record as one group reads it: every group has to handle it. */
export const idOf = (group: string, { topic, partition, offset }: LogRecord): string =>
  `${topic}/${partition}@${offset} of ${group}`

/** One ownership of a partition, with the offsets done in it that no commit has said yet, and whether one ought to. */
type Ownership = { readonly name: string; readonly group: string; readonly uncommitted: Map<bigint, 'due' | 'new'> }

export class Recorder {
  readonly #process: string
  readonly #history: HistoryEvent[]
  /** A partition's abort signal is its ownership: one that is lost and comes back has another. */
  readonly #owners = new WeakMap<AbortSignal, Ownership>()
  readonly #current = new Map<string, Ownership>()
  readonly #saying = new Set<HistoryEvent>()
  readonly #memberIds = new Map<string, string>()
  /** Groups whose last commit failed. */
  readonly #refused = new Set<string>()
  #ownerships = 0
  #inHand = 0
  #isDead = false

  /** Of one process; `history` is that of the run. */
  constructor(process: string, history: HistoryEvent[]) {
    this.#process = process
    this.#history = history
  }

  /** How many messages are being handled, and commits not answered: until then it is not known whether what they say counts. */
  get inHand(): number {
    return this.#isDead ? 0 : this.#inHand + this.#saying.size
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Who it is in its groups now. */
  get memberIds(): readonly string[] {
    return [...this.#memberIds.values()]
  }

  /** Of `delay` no history is kept: what it has done is what its transactions have said, and their effect is another's record. */
  around(group: Group, handle: Handle): Handle {
    return async (message) => {
      if (this.#isDead) return new Promise(() => undefined)
      if (group.role === 'delay') return handle(message)
      const owner = this.#ownerOf(group.id, message.record, message.signal)
      const id = idOf(group.id, message.record)
      this.#note({ kind: 'began', id, owner: owner.name })
      this.#inHand += 1
      const ended = (how: 'done' | 'again' | 'aborted'): void => {
        this.#inHand -= 1
        if (how === 'done') this.#owe(owner, group, message.record.offset)
        this.#note({ kind: 'ended', id, owner: owner.name, how })
      }
      const again = (): void => ended(message.signal.aborted ? 'aborted' : 'again')
      try {
        const step = await handle(message)
        if (step.kind === 'done') ended('done')
        else again()
        return step
      } catch (error) {
        again()
        throw error
      }
    }
  }

  watch(log: Log): Log {
    return { ...log, membership: (options) => this.#watchMembership(log, options) }
  }

  /** The process was killed: what its code still does has not happened. */
  die(): void {
    for (const event of this.#saying) this.#withdraw(event) // it may not have arrived
    this.#lose(() => true)
    this.#isDead = true
  }

  #watchMembership(log: Log, options: MembershipOptions): Membership {
    const { group } = options
    const member = log.membership({
      ...options,
      onJoined: (joined) => {
        const { memberId, assignment } = joined
        const isSame = this.#memberIds.get(group) === memberId
        this.#memberIds.set(group, memberId)
        const isKept = ({ topic, partition }: TopicPartition): boolean =>
          isSame && (assignment.get(topic) ?? []).includes(partition)
        this.#lose((owner, at) => owner.group === group && !isKept(at))
        options.onJoined(joined)
      },
    })
    return {
      start: () => member.start(),
      pause: (partitions) => member.pause(partitions),
      resume: (partitions) => member.resume(partitions),
      seek: (to, offset) => member.seek(to, offset),
      reassign: () => member.reassign(),
      commit: (positions) => this.#commit(group, positions, () => member.commit(positions)),
      leave: async () => {
        if (!this.#refused.has(group)) this.#sayCommitted(group)
        this.#lose((owner) => owner.group === group)
        this.#memberIds.delete(group)
        await member.leave()
      },
    }
  }

  /** A commit counts from where it was made, if it is taken: what is done until its answer comes is not in it. */
  async #commit(group: string, positions: readonly Position[], commit: () => Promise<void>): Promise<void> {
    const said = positions.flatMap((position) => {
      const owner = this.#current.get(placeOf(group, position))
      return owner ? [{ owner, offsets: [...owner.uncommitted.keys()].filter(isSaidBy(position)) }] : []
    })
    // What is due must be in it: where it is not, the checker finds it done again. What is not due yet may or may not be.
    const events = said
      .filter(({ owner, offsets }) =>
        [...owner.uncommitted].every(([offset, state]) => state === 'due' || offsets.includes(offset)),
      )
      .map(({ owner }): HistoryEvent => ({ kind: 'committed', owner: owner.name }))
    for (const event of events) {
      this.#note(event)
      this.#saying.add(event)
    }
    try {
      await commit()
      this.#refused.delete(group)
      for (const { owner, offsets } of said) for (const offset of offsets) owner.uncommitted.delete(offset)
    } catch (error) {
      this.#refused.add(group)
      for (const event of events) this.#withdraw(event)
      throw error
    } finally {
      for (const event of events) this.#saying.delete(event)
    }
  }

  /**
   * From the next turn of the event loop on, its member knows that it is done, and a commit has to say so: not of `status`, which says
   * only where it stands.
   */
  #owe({ uncommitted }: Ownership, { role }: Group, offset: bigint): void {
    uncommitted.set(offset, 'new')
    if (role === 'status') return
    setImmediate(() => {
      if (uncommitted.has(offset)) uncommitted.set(offset, 'due')
    })
  }

  /** It leaves, and what it has done is committed: all that was due. */
  #sayCommitted(group: string): void {
    for (const owner of this.#current.values())
      if (owner.group === group && [...owner.uncommitted.values()].every((state) => state === 'due'))
        this.#note({ kind: 'committed', owner: owner.name })
  }

  #ownerOf(group: string, record: LogRecord, signal: AbortSignal): Ownership {
    const known = this.#owners.get(signal)
    if (known) return known
    const name = `${this.#process} ${record.topic}/${record.partition} #${++this.#ownerships}`
    const owner = { name, group, uncommitted: new Map() }
    this.#owners.set(signal, owner)
    this.#current.set(placeOf(group, record), owner)
    return owner
  }

  #lose(isLost: (owner: Ownership, at: TopicPartition) => boolean): void {
    for (const [place, owner] of this.#current) {
      const [, topic = '', partition] = place.split(' ')
      if (!isLost(owner, { topic, partition: Number(partition) })) continue
      this.#current.delete(place)
      this.#note({ kind: 'gone', owner: owner.name })
    }
  }

  #withdraw(event: HistoryEvent): void {
    const index = this.#history.lastIndexOf(event)
    if (index >= 0) this.#history.splice(index, 1)
  }

  #note(event: HistoryEvent): void {
    if (!this.#isDead) this.#history.push(event)
  }
}

const placeOf = (group: string, { topic, partition }: TopicPartition): string => `${group} ${topic} ${partition}`

/** Whether a commit says that an offset is done: it lies below it, or its metadata names it. */
function isSaidBy({ offset: committed, metadata }: Position): (offset: bigint) => boolean {
  const done = readCommitMetadata(committed, metadata)?.done ?? []
  return (offset) => offset < committed || done.some(({ from, to }) => from <= offset && offset < to)
}
