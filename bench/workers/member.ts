// The log as the benches read it, and a member of ours on it, as an app has one.
import { Member, type MemberOptions } from '../../consumers/member.ts'
import { groupPositions } from '../../consumers/positions.ts'
import { kafkajsLog } from '../../kafka/kafkajs/log.ts'
import type { Log } from '../../kafka/log.ts'
import { systemClock } from '../../process/clock.ts'
import { createLog } from '../../process/log.ts'

export const benchLog = (brokers: readonly string[], logger = createLog('error')): Log =>
  kafkajsLog({ clientId: 'bench', kafka: { brokers }, log: logger })

export type BenchMemberOptions = Pick<MemberOptions, 'group' | 'handle' | 'concurrency' | 'log' | 'logger'> & {
  readonly topic: string
}

/** Reads the topic from its beginning. Where its membership fails its process ends. */
export const benchMember = ({ topic, ...options }: BenchMemberOptions): Member =>
  new Member({
    topics: [topic],
    start: () => 'earliest',
    positions: groupPositions({ admin: options.log.admin, group: options.group, log: options.logger }),
    clock: systemClock,
    onFailed: (error) => {
      throw error
    },
    ...options,
  })
