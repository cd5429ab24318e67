// The peers of `bench ack`, as a team would write them in an afternoon.
//   node bench/ack/peer.ts express <port>                     parses the body and answers 202; nothing is stored
//   node bench/ack/peer.ts naive <port> <broker> <topic>      one awaited `producer.send` per request, then 202
import { randomUUID } from 'node:crypto'
import express from 'express'
import { Kafka, logLevel, Partitioners } from 'kafkajs'

const [kind, port, broker = '', topic = ''] = process.argv.slice(2)

async function naive(): Promise<(body: { readonly orderingKey?: string }) => Promise<unknown>> {
  const kafka = new Kafka({ clientId: 'naive', brokers: [broker], logLevel: logLevel.ERROR })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  return (body) =>
    producer.send({ topic, acks: -1, messages: [{ key: body.orderingKey ?? null, value: JSON.stringify(body) }] })
}

const store = kind === 'naive' ? await naive() : async (): Promise<void> => undefined

express()
  .use(express.json())
  .post('/', async ({ body }, response) => {
    await store(body)
    response.status(202).json({ id: randomUUID(), status: 'queued' })
  })
  .listen(Number(port), '127.0.0.1')
