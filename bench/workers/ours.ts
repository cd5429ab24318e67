// A member of ours as the benches measure it: the whole group runtime, with commits, ledger, order by key, back-pressure.
//   node bench/workers/ours.ts '<reading>'
// When it is dismissed it drains, commits, and says how many records it has handled.
import { Member } from '../../consumers/member.ts'
import type { Handle } from '../../consumers/message.ts'
import { groupPositions } from '../../consumers/positions.ts'
import { kafkajsLog } from '../../kafka/kafkajs/log.ts'
import { systemClock } from '../../process/clock.ts'
import { createLog } from '../../process/log.ts'
import { dismissed, Meter, tell } from './meter.ts'
import type { Reading } from './reading.ts'

const { brokers, topic, group, handlerMs, concurrency, ...metering }: Reading = JSON.parse(process.argv.at(-1)!)
const tellEveryMs = 20
const done = { kind: 'done' } as const
const meter = new Meter(metering)
const handle: Handle = async () => {
  if (handlerMs > 0) await new Promise((resolve) => setTimeout(resolve, handlerMs))
  meter.count()
  return done
}
const logger = createLog('warn')
const log = kafkajsLog({ clientId: 'bench', kafka: { brokers }, log: logger })
const member = new Member({
  group,
  topics: [topic],
  start: () => 'earliest',
  positions: groupPositions({ admin: log.admin, group, log: logger }),
  handle,
  concurrency,
  log,
  logger,
  clock: systemClock,
  onFailed: (error) => {
    throw error
  },
})
await member.start()
// Whoever fills the backlog up has to know.
if (metering.limit === null) setInterval(() => tell({ kind: 'handled', records: meter.total }), tellEveryMs).unref()
await dismissed()
await member.stop(10_000)
tell({ kind: 'handled', records: meter.total })
await log.close()
