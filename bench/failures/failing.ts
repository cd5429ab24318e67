// A subscriber of an app some of whose records fail every time: they are tried again in place, and then
// become dead letters. The meter counts those that do not.
//   node bench/failures/failing.ts <failing in a hundred> '<reading>'
import { setTimeout as sleep } from 'node:timers/promises'
import { type App, type Context, defineApp, event, type RecordType, subscriber } from '../../app/index.ts'
import type { Handle } from '../../consumers/message.ts'
import { subscribers } from '../../consumers/subscribers/subscribers.ts'
import { catalogue as catalogueOf } from '../../kafka/catalogue.ts'
import { systemClock } from '../../process/clock.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import { createLog } from '../../process/log.ts'
import { Producer } from '../../producers/producer.ts'
import { Codec } from '../../schemas/codec.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { memoryRegistry } from '../../schemas/registry/memoryRegistry.ts'
import { benchLog } from '../workers/member.ts'
import { dismissed, Meter, tell } from '../workers/meter.ts'
import type { Reading } from '../workers/reading.ts'

type Measured = { readonly note: string }
const Measured: RecordType<Measured> = {
  name: 'bench.Measured',
  schema: { type: 'record', name: 'Measured', namespace: 'bench', fields: [{ name: 'note', type: 'string' }] },
}

const failing = Number(process.argv.at(-2))
const { brokers, topic, group, handlerMs, concurrency, ...metering }: Reading = JSON.parse(process.argv.at(-1)!)
const meter = new Meter(metering)

/** The id of a record without headers says where it lies. */
const isFailing = (id: string): boolean => Number(id.slice(id.lastIndexOf('/') + 1)) % 100 < failing

const measured = event('measured', Measured, { topic, format: 'json', key: ({ note }) => note })
const read = subscriber(
  measured,
  async (_: Measured, { id }: Context) => {
    await sleep(handlerMs)
    if (isFailing(id)) throw new Error('as every time')
    meter.count()
  },
  { from: 'earliest', group },
)
const app = defineApp({ name: 'bench', events: [measured], subscribers: { read } })
const catalogue = catalogueOf(app, 'bench', platformSchemas)
const logger = createLog('warn')
const log = benchLog(brokers, logger)
await log.admin.create(
  catalogue.topics.map(({ name, partitions, config }) => ({ name, partitions, replicas: 1, config })),
)
const producer = new Producer({ kafka: log, log: logger })
let done = 0
const platform = {
  ...{ app: app as App, catalogue, log, producer, logger, concurrency, clock: systemClock },
  codec: new Codec({ registry: memoryRegistry() }),
  keyring: parseKeyring(newSecret(), 'bench'),
  around:
    (_: unknown, handle: Handle): Handle =>
    async (message) => {
      const end = await handle(message)
      if (end.kind === 'done') done += 1
      return end
    },
  onFailed: (error: Error): void => {
    throw error
  },
}
const [{ member } = never()] = subscribers(platform, undefined, new Set())
await member.start()
await dismissed()
await member.stop(10_000)
tell({ kind: 'handled', records: done })
await producer.close()
await log.close()

function never(): never {
  throw new TypeError('the app has no subscriber')
}
