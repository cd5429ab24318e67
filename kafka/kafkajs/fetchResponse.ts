// A broker's answer to a fetch (version 11, KIP-392) as kafkajs has it decoded, but for its records, which recordReading.ts
// reads. What a consumer does to a record is mostly this.
//
//   | throttle 4 | error 2 | session 4 | topics: name, partitions … |
//   partition: | number 4 | error 2 | high watermark 8 | stable end 8 | start 8 | aborted: producer 8, first offset 8 … | replica 4 | records |
import { createRequire } from 'node:module'
import { ErrandError } from '../../app/errors.ts'
import { type ReadMessage, readBatches } from './recordReading.ts'

type Partition = {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  readonly lastStableOffset: string
  readonly lastStartOffset: string
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[]
  readonly preferredReadReplica: number
  readonly messages: readonly ReadMessage[]
}

/** In kafkajs' place, for the whole process, and as often as one likes. What older brokers answer is refused. */
export function replaceFetchDecoder(): void {
  const require = createRequire(import.meta.url)
  for (let version = 0; version <= ours; version += 1)
    require(`kafkajs/src/protocol/requests/fetch/v${version}/response`).decode = version === ours ? decodeFetch : refuse
}

/** kafkajs knows none that is newer. */
const ours = 11

const refuse = async (): Promise<never> => {
  throw new ErrandError('broker-too-old', 'the broker is older than Kafka 2.3, and its records cannot be read')
}

/** The body of the answer, in kafkajs' form: 64 bits as texts. */
export async function decodeFetch(bytes: Buffer) {
  const answer = new Answer(bytes)
  const clientSideThrottleTime = answer.int32()
  const errorCode = answer.int16()
  const sessionId = answer.int32()
  const responses: { readonly topicName: string; readonly partitions: readonly Partition[] }[] = []
  for (let topics = answer.int32(); topics > 0; topics -= 1) {
    const topicName = answer.text()
    const partitions: Partition[] = []
    for (let left = answer.int32(); left > 0; left -= 1) partitions.push(await partitionOf(answer))
    responses.push({ topicName, partitions })
  }
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses } // the wait is the client's own (KIP-219)
}

const partitionOf = async (answer: Answer): Promise<Partition> => ({
  partition: answer.int32(),
  errorCode: answer.int16(),
  highWatermark: answer.int64(),
  lastStableOffset: answer.int64(),
  lastStartOffset: answer.int64(),
  abortedTransactions: answer.aborted(),
  preferredReadReplica: answer.int32(),
  messages: await readBatches(answer.records()),
})

/** Where the reading of an answer is. */
class Answer {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#forward(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#forward(4))
  }

  int64(): string {
    return String(this.#bytes.readBigInt64BE(this.#forward(8)))
  }

  text(): string {
    return this.#take(this.int16()).toString('utf8')
  }

  records(): Buffer {
    return this.#take(Math.max(0, this.int32()))
  }

  aborted(): Partition['abortedTransactions'] {
    return Array.from({ length: Math.max(0, this.int32()) }, () => ({
      producerId: this.int64(),
      firstOffset: this.int64(),
    }))
  }

  #take(length: number): Buffer {
    const start = this.#forward(length)
    return this.#bytes.subarray(start, this.#at)
  }

  #forward(length: number): number {
    const start = this.#at
    this.#at += length
    return start
  }
}
