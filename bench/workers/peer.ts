// kafkajs as a team would use it: the peers of `bench workers`.
//   node bench/workers/peer.ts eachMessage '<reading>'     a handler at a time for each of 12 partitions, automatic commits
//   node bench/workers/peer.ts eachBatch '<reading>'       counts the records of each batch: what there is to be had
import { Kafka, logLevel } from 'kafkajs'
import { dismissed, Meter } from './meter.ts'
import type { Reading } from './reading.ts'

const { brokers, topic, group, handlerMs, ...metering }: Reading = JSON.parse(process.argv.at(-1)!)
const meter = new Meter(metering)
const consumer = new Kafka({ clientId: 'peer', brokers: [...brokers], logLevel: logLevel.ERROR }).consumer({
  groupId: group,
})
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  partitionsConsumedConcurrently: 12,
  ...(process.argv.at(-2) === 'eachBatch'
    ? { eachBatch: async ({ batch }) => meter.count(batch.messages.length) }
    : {
        eachMessage: async () => {
          if (handlerMs > 0) await new Promise((resolve) => setTimeout(resolve, handlerMs))
          meter.count()
        },
      }),
})
await dismissed()
process.exit() // what it has in hand is of no use any more
