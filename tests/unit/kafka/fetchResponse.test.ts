// Answers to a fetch, against kafkajs' own decoder.
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { openClient, patient } from '../../../kafka/kafkajs/client.ts'
import { decodeFetch } from '../../../kafka/kafkajs/fetchResponse.ts'
import { encodeRecordBatch } from '../../../kafka/kafkajs/recordBatch.ts'
import { silentLog } from '../../../process/log.ts'

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder')
const responseOf = (version: number) => require(`kafkajs/src/protocol/requests/fetch/v${version}/response`)
const { decode: byKafkajs } = responseOf(11)

const batch = encodeRecordBatch(
  ['one', 'two'].map((text) => ({ key: null, value: Buffer.from(text), headers: new Map() })),
  { producerId: 3n, producerEpoch: 0, firstSequence: 0, timestampMs: 1_700_000_000_000 },
)

function partition(number: number, records: Buffer, aborted: readonly [number, number][]) {
  const encoder = new Encoder().writeInt32(number).writeInt16(0).writeInt64(7).writeInt64(6).writeInt64(5)
  encoder.writeInt32(aborted.length === 0 ? -1 : aborted.length)
  for (const [producer, first] of aborted) encoder.writeInt64(producer).writeInt64(first)
  return encoder.writeInt32(-1).writeBytes(records)
}

const answer: Buffer = new Encoder()
  .writeInt32(12)
  .writeInt16(0)
  .writeInt32(34)
  .writeInt32(2)
  .writeString('größe')
  .writeInt32(2)
  .writeEncoder(partition(0, batch, [[3, 4]]))
  .writeEncoder(partition(1, Buffer.alloc(0), []))
  .writeString('empty')
  .writeInt32(0).buffer

test('an answer is what kafkajs makes of it', async () => {
  const plain = (decoded: Awaited<ReturnType<typeof decodeFetch>>) =>
    JSON.stringify({
      ...decoded,
      responses: decoded.responses.map(({ topicName, partitions }) => ({
        topicName,
        partitions: partitions.map(({ messages, ...rest }) => ({
          ...rest,
          messages: messages.map(({ offset, timestamp, value }) => [Number(offset), Number(timestamp), String(value)]),
        })),
      })),
    })
  expect(plain(await decodeFetch(answer))).toBe(plain(await byKafkajs(answer)))
})

test('a client reads by it, and refuses what older brokers answer', async () => {
  openClient({ clientId: 'x', kafka: { brokers: ['127.0.0.1:1'] }, log: silentLog }, patient)
  expect(responseOf(11).decode).toBe(decodeFetch)
  await expect(responseOf(10).decode(answer)).rejects.toMatchObject({ code: 'broker-too-old' })
})
