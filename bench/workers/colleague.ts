// One of several members of ours, for `bench workers-rebalance`: it tells, when asked, how long the records of each key waited
// since it was asked last, and when it handled each partition first.
//   node bench/workers/colleague.ts <brokers> <topic> <group>     over a channel; SIGTERM: it drains and leaves
import { aborted, shutdownSignal } from '../../process/lifecycle.ts'
import { createLog } from '../../process/log.ts'
import { benchLog, benchMember } from './member.ts'

export type Account = {
  /** The longest wait of a record of each key, from its append to its handling, ms. */
  readonly waitsMs: Readonly<Record<string, number>>
  /** When a record of each partition was first handled, ms since the epoch. */
  readonly firstMs: Readonly<Record<number, number>>
}

const done = { kind: 'done' } as const
const emptyAccount = () => ({ waitsMs: {} as Record<string, number>, firstMs: {} as Record<number, number> })

async function work(brokers: readonly string[], topic: string, group: string): Promise<void> {
  using shutdown = shutdownSignal()
  let account = emptyAccount()
  const logger = createLog('error')
  const log = benchLog(brokers, logger)
  const member = benchMember({
    ...{ topic, group, log, logger },
    handle: async ({ record: { key, partition, timestampMs } }) => {
      const nowMs = Date.now()
      const name = String(key)
      account.waitsMs[name] = Math.max(account.waitsMs[name] ?? 0, nowMs - timestampMs)
      account.firstMs[partition] ??= nowMs
      return done
    },
  })
  process.on('message', () => {
    process.send?.(account satisfies Account)
    account = emptyAccount()
  })
  await member.start()
  await aborted(shutdown.signal)
  await member.stop(5_000)
  await log.close()
  process.exit()
}

if (import.meta.main) await work(process.argv[2]!.split(','), process.argv[3]!, process.argv[4]!)
