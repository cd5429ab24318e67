// What processes have told of themselves lately, read from `members`. Who lives has told within seconds, so the end of the
// topic is enough, whatever lies before it.
import { Member } from '../schemas/platform/generated.ts'
import { reportEveryMs } from './presence.ts'
import type { Platform } from './role.ts'

export type MemberReport = Member & {
  /** The process, as it calls itself. */
  readonly process: string
  /** It has told nothing for three reports: it has died, or cannot reach Kafka. */
  readonly isSilent: boolean
}

/** Records from the end: five minutes of a dozen processes, ten seconds of four hundred. */
const lastRecords = 2_000n
const silentAfterMs = 3 * reportEveryMs
/** Then it is not shown any more. */
export const forgottenAfterMs = 60_000

export async function memberReports({
  log,
  catalogue: { members },
  codec,
  clock,
  logger,
}: Pick<Platform, 'log' | 'catalogue' | 'codec' | 'clock' | 'logger'>): Promise<readonly MemberReport[]> {
  const reports = new Map<string, Buffer>()
  const [{ low, high } = { low: 0n, high: 0n }] = await log.admin.offsets(members)
  const from = high - low > lastRecords ? high - lastRecords : low
  const stretch = { from: new Map([[0, from]]), until: new Map([[0, high]]) }
  for await (const { key, value, timestampMs } of log.read(members, stretch)) {
    const process = key?.toString() ?? ''
    if (value === null || clock.now() - timestampMs > forgottenAfterMs) reports.delete(process)
    else reports.set(process, value)
  }
  const nowMs = clock.now()
  const all = await Promise.all(
    [...reports].map(async ([process, value]) => {
      try {
        const member = (await codec.decode(value, Member)) as Member
        return [{ ...member, process, isSilent: nowMs - member.at.getTime() > silentAfterMs }]
      } catch (error) {
        logger.debug('member.ignored', { process, error }) // whoever may write to the topic may write anything
        return []
      }
    }),
  )
  return all.flat().sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime())
}
