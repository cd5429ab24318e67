// What has been written to a topic since a moment, read as often as one likes, each record once.
import type { Log, LogRecord } from '../../kafka/log.ts'

export class News {
  readonly #log: Log
  readonly #topic: string
  #next: ReadonlyMap<number, bigint>

  private constructor(log: Log, topic: string, next: ReadonlyMap<number, bigint>) {
    this.#log = log
    this.#topic = topic
    this.#next = next
  }

  /** From now on. Rejects with `unknown-topic`, and as the log does. */
  static async since(log: Log, topic: string): Promise<News> {
    return new News(log, topic, await endsOf(log, topic))
  }

  /** What has come since it was read last. */
  async *read(signal: AbortSignal): AsyncGenerator<LogRecord> {
    const until = await endsOf(this.#log, this.#topic)
    yield* this.#log.read(this.#topic, { from: this.#next, until, signal })
    this.#next = until
  }
}

const endsOf = async (log: Log, topic: string): Promise<ReadonlyMap<number, bigint>> =>
  new Map((await log.admin.offsets(topic)).map(({ partition, high }) => [partition, high]))
