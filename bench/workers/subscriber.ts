// A subscriber of an app as `bench workers` measures it: the group runtime, headers, Avro, attempt, verdict.
//   node bench/workers/subscriber.ts <registry> '<reading>'
import type { App } from '../../app/index.ts'
import { subscribers } from '../../consumers/subscribers/subscribers.ts'
import { systemClock } from '../../process/clock.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import { createLog } from '../../process/log.ts'
import { Producer } from '../../producers/producer.ts'
import { Codec } from '../../schemas/codec.ts'
import { createRegistry } from '../../schemas/registry/registry.ts'
import { benchLog } from './member.ts'
import { dismissed, Meter, tell } from './meter.ts'
import type { Reading } from './reading.ts'
import { readerApp, readerCatalogue } from './subscription.ts'

const { brokers, topic, group, ...metering }: Reading = JSON.parse(process.argv.at(-1)!)
const meter = new Meter(metering)
const app = readerApp(topic, group)
const catalogue = readerCatalogue(app)
const logger = createLog('warn')
const log = benchLog(brokers, logger)
await log.admin.create(
  catalogue.topics.map(({ name, partitions, config }) => ({ name, partitions, replicas: 1, config })),
)
const producer = new Producer({ kafka: log, log: logger })
const onFailed = (error: Error): void => {
  throw error
}
const platform = {
  app: app as App, // its resources are given below
  ...{ catalogue, log, producer, logger, onFailed, clock: systemClock },
  codec: new Codec({ registry: createRegistry({ url: process.argv.at(-2)! }) }),
  keyring: parseKeyring(newSecret(), 'bench'),
}
const [{ member } = never()] = subscribers(platform, { handled: () => meter.count() }, new Set())
await member.start()
await dismissed()
await member.stop(10_000)
tell({ kind: 'handled', records: meter.total })
await producer.close()
await log.close()

function never(): never {
  throw new TypeError('the app has no subscriber')
}
