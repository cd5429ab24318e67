// The same work as an app has it: an event in Avro with the platform's headers, through the whole pipeline of a subscriber.
import { randomUUID } from 'node:crypto'
import { type App, defineApp, event, type RecordType, subscriber } from '../../app/index.ts'
import type { Cluster } from '../../bin/development.ts'
import { type Catalogue, catalogue } from '../../kafka/catalogue.ts'
import { writeHeaders } from '../../kafka/headers.ts'
import type { Log } from '../../kafka/log.ts'
import { Codec } from '../../schemas/codec.ts'
import { eventEncoder } from '../../schemas/eventValue.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { registerSubjects } from '../../schemas/registry/register.ts'
import { createRegistry } from '../../schemas/registry/registry.ts'
import { fresh, openBacklog } from './backlog.ts'
import { type Consumer, ourConsumer } from './reading.ts'

type Measured = { readonly sensor: string; readonly at: number; readonly value: number; readonly note: string }

const Measured: RecordType<Measured> = {
  name: 'bench.Measured',
  schema: {
    type: 'record',
    name: 'Measured',
    namespace: 'bench',
    fields: [
      { name: 'sensor', type: 'string' },
      { name: 'at', type: 'long' },
      { name: 'value', type: 'double' },
      { name: 'note', type: 'string' },
    ],
  },
}

export type Handling = { handled(): void }

const measured = (topic: string) => event('measured', Measured, { topic, key: ({ sensor }) => sensor })

/** Its only group is `group`, so that each measurement has a fresh one. */
export const readerApp = (topic: string, group: string): App<Handling> => {
  const source = measured(topic)
  const read = subscriber(
    source,
    async (_: Measured, { resources }: { readonly resources: Handling }) => resources.handled(),
    { from: 'earliest', group },
  )
  return defineApp<Handling>({
    name: 'bench',
    resources: async () => ({ handled: () => undefined }),
    events: [source],
    subscribers: { read },
  })
}

export const readerCatalogue = (app: App<Handling>): Catalogue => catalogue(app, 'bench', platformSchemas)

export type SubscriptionOptions = {
  readonly log: Log
  readonly cluster: Cluster
  readonly partitions: number
  readonly keys: number
  readonly records: number
}

/** Writes the records, and tells how to read them. */
export async function openSubscription({
  log,
  cluster,
  partitions,
  keys,
  records,
}: SubscriptionOptions): Promise<{ readonly topic: string; readonly consumer: Consumer }> {
  const topic = fresh()
  const registry = createRegistry({ url: cluster.registryUrl })
  await registerSubjects(registry, readerCatalogue(readerApp(topic, topic)).subjects, { takenOver: true })
  const encode = await eventEncoder(new Codec({ registry }), measured(topic), topic)
  const record: Measured = { sensor: 'key-1', at: Date.now(), value: 1.5, note: 'x'.repeat(172) } // 200 bytes in all
  const headers = writeHeaders({ id: randomUUID(), type: 'measured', source: '/bench', timeMs: record.at, run: 1 })
  await (await openBacklog(log, { topic, partitions, keys, value: encode(record), headers })).append(records)
  return { topic, consumer: ourConsumer('subscriber.ts', [cluster.registryUrl]) }
}
