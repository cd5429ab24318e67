// A member of ours as the benches measure it: the whole group runtime, with commits, ledger, order by key, back-pressure.
//   node bench/workers/ours.ts '<reading>'
// When it is dismissed it drains, commits, and says how many records it has handled.
import type { Handle } from '../../consumers/message.ts'
import { createLog } from '../../process/log.ts'
import { benchLog, benchMember } from './member.ts'
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
const log = benchLog(brokers, logger)
const member = benchMember({ topic, group, handle, concurrency, log, logger })
await member.start()
// Whoever fills the backlog up has to know.
if (metering.limit === null) setInterval(() => tell({ kind: 'handled', records: meter.total }), tellEveryMs).unref()
await dismissed()
await member.stop(10_000)
tell({ kind: 'handled', records: meter.total })
await log.close()
