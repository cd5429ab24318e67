// The writers of one topic, one after the other. A rejection of any append ends a writer's reign, for where its partition's
// sequence stands is then not known, and a wrong one would let the broker take a new record for an old one (facts A3, A4):
//   S1 No append starts on a writer once one on it is known to be rejected. The next append, of any lane, opens the successor.
//   S2 Appends of other partitions that are under way then are left to end on the old writer, and their answers count.
//      Sequences are kept per partition, so the others' are right. Closing the writer under them would make acknowledged
//      appends look lost. So it is closed when the last one has ended.
//   S3 Two writers never append to one partition at a time, although both are at work: a lane waits for its append to end
//      before it starts the next, on whichever writer. That keeps order in a partition across writers. What nobody can rule
//      out is that a rejected append is still on its way and lands later: its sender was told `outcome-unknown`.
//   S4 One succession per topic: kafkajs asks for the leaders of all topics of a writer at once, and where one of them is
//      deleted it gets no answer for any (facts A7). So a deleted topic has none to take along.

import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { Log, NewRecord, TopicPartition, Writer } from '../kafka/log.ts'
import { outcomeUnknown, unreachable } from './sendErrors.ts'

type Reign = { readonly writer: Promise<Writer>; appends: number; isOver: boolean }

export class Succession {
  readonly #kafka: Pick<Log, 'writer'>
  readonly #log: Logger
  readonly #closing = new Set<Promise<void>>()
  #reign: Reign | undefined

  constructor(kafka: Pick<Log, 'writer'>, log: Logger) {
    this.#kafka = kafka
    this.#log = log
  }

  /**
   * Appends through the writer of the day. Rejects with `not-sent` where none could be opened, `outcome-unknown` where it may
   * be written, else with the log's own refusal.
   */
  async append(to: TopicPartition, records: readonly NewRecord[]): Promise<bigint> {
    this.#reign ??= { writer: this.#kafka.writer(), appends: 0, isOver: false }
    const reign = this.#reign
    reign.appends++
    try {
      const writer = await this.#opened(reign, to.topic)
      if (reign.isOver) return await this.append(to, records) // S1: it ended while this one waited for it to open
      return await this.#handOver(reign, () => writer.append(to, records), to.topic)
    } finally {
      reign.appends--
      this.#closeIfDone(reign)
    }
  }

  /** Closes the last writer. Call it when nothing is under way. */
  async close(): Promise<void> {
    if (this.#reign) this.#end(this.#reign)
    await Promise.all(this.#closing)
  }

  async #opened(reign: Reign, topic: string): Promise<Writer> {
    try {
      return await reign.writer
    } catch (error) {
      this.#end(reign)
      throw unreachable(topic, 'no connection to Kafka', error)
    }
  }

  async #handOver(reign: Reign, append: () => Promise<bigint>, topic: string): Promise<bigint> {
    try {
      return await append()
    } catch (error) {
      this.#end(reign)
      const mayBeWritten = error instanceof ErrandError && error.retriable
      throw mayBeWritten ? outcomeUnknown(topic, 'it was not acknowledged', error) : error
    }
  }

  #end(reign: Reign): void {
    reign.isOver = true
    if (this.#reign === reign) this.#reign = undefined
    this.#closeIfDone(reign)
  }

  #closeIfDone(reign: Reign): void {
    if (!reign.isOver || reign.appends > 0) return
    const closing = reign.writer
      .then((writer) => writer.close())
      .catch((error: unknown) => this.#log.debug('writer.closeFailed', { error })) // also one that never opened
      .finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
