// Waits for what this machine's dead processes have left in a group. While one of them still counts as a member, whoever joins
// makes all the others wait for it, up to the rebalance timeout (facts B3): a process that was started again at once would
// stop the work of those that did not die. Whatever cannot be found out keeps nobody from joining.
import type { Logger } from '../app/context.ts'
import type { Admin } from '../kafka/log.ts'
import { hasDied, sessionTimeoutMs } from '../kafka/memberClient.ts'
import type { Clock } from '../process/clock.ts'
import { within } from './within.ts'

export type ExpiryOptions = {
  readonly admin: Pick<Admin, 'members'>
  readonly group: string
  readonly clock: Clock
  readonly logger: Logger
}

/** How often it is asked, and how long an answer is waited for. */
const [askEveryMs, answerMs] = [500, 2_000]
/** Within a session timeout the broker has found out as well. */
const longestMs = sessionTimeoutMs + 1_000

/** The client ids of members that have died on this machine and not expired; none where that is not known. */
export async function deadMembers({ admin, group, clock, logger }: ExpiryOptions): Promise<readonly string[]> {
  let dead: readonly string[] = []
  const asked = admin.members(group).then(
    (clientIds) => {
      dead = clientIds.filter(hasDied)
    },
    (error: unknown) => logger.debug('group.notDescribed', { error }),
  )
  await within(asked, answerMs, clock)
  return dead
}

/** Resolves when these, and any others, have expired, or must have. Rejects with the signal's reason. */
export async function expiry(dead: readonly string[], options: ExpiryOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger } = options
  const endMs = clock.now() + longestMs
  logger.info('group.awaited', { why: whyAwaited, members: dead, atMostMs: longestMs })
  do await clock.sleep(askEveryMs, signal)
  while (clock.now() < endMs && (await deadMembers(options)).length > 0)
  signal.throwIfAborted()
}

const whyAwaited =
  'processes of this machine that have died still count as members: who joins now makes all others wait for them, so they are let expire first'
