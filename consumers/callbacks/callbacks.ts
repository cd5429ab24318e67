// The role `callbacks`: delivers results to the clients' callback URLs, at least once, byte-identical on every attempt (I5).
// The verdict of (id, run) is the result with the lowest offset: the first to claim it in the store; all others are ignored.
import { ErrandError } from '../../app/errors.ts'
import type { LogRecord } from '../../kafka/log.ts'
import type { Clients } from '../../process/clients.ts'
import type { Claim, Store } from '../../store/store.ts'
import { answerJson, type SealedAnswer, sealedAnswer } from '../answer.ts'
import type { Handle } from '../member.ts'
import { groupPositions } from '../positions.ts'
import { groupDeadLetters, groupMember, type Platform, type RunningGroup } from '../role.ts'
import { renderBody } from './body.ts'
import { claimedPositions } from './claims.ts'
import { deliveries } from './deliveries.ts'
import { dispatcher } from './dispatcher.ts'
import type { Poster } from './post.ts'

const registryRetryMs = 1_000
/** Callbacks under way at once. A receiver that does not answer holds one of them for an attempt, not for the waits between. */
const concurrency = 256

export type CallbacksOptions = {
  readonly store: Store
  readonly clients: Clients
  readonly poster: Poster
}

/** The callbacks group, if the app has request types. */
export const callbacks = (platform: Platform, options: CallbacksOptions): Promise<readonly RunningGroup[]> =>
  Promise.all(
    platform.catalogue.groups
      .filter(({ role }) => role === 'callbacks')
      .map(async (group) => {
        const { log, logger, catalogue } = platform
        const { store } = options
        const claimOf = claiming(platform)
        const dispatch = dispatcher({
          ...options,
          deliveries: await deliveries(platform),
          letters: groupDeadLetters(platform, group),
          clock: platform.clock,
          logger: logger.child({ group: group.id }),
        })
        const positions = claimedPositions({
          inner: groupPositions({ admin: log.admin, group: group.id, log: logger }),
          log,
          store,
          results: catalogue.results,
          claimOf: (record) => claimOf(record).then((claimed) => claimed?.claim),
          logger,
        })
        const handle: Handle = async (message) => {
          const claimed = await claimOf(message.record).catch(unlessRetriable)
          if (claimed === 'later') return { kind: 'again', afterMs: registryRetryMs, counted: false }
          if (!claimed) return { kind: 'done' }
          const stands = await store.claim(claimed.claim)
          if (stands.partition === claimed.claim.partition && stands.offset === claimed.claim.offset)
            return dispatch(message, claimed.answer, stands)
          logger.info('result.ignored', {
            id: stands.id,
            run: stands.run,
            offset: String(message.record.offset),
            verdict: String(stands.offset),
          })
          return { kind: 'done' }
        }
        return { group, member: groupMember(platform, group, { handle, positions, concurrency }) }
      }),
  )

type Claimed = { readonly claim: Claim; readonly answer: SealedAnswer }

/** What a result claims: nothing without a valid seal, and nothing where no callback was asked for. Rejects as the codec does. */
function claiming({
  keyring,
  codec,
  clock,
  logger,
}: Pick<Platform, 'keyring' | 'codec' | 'clock' | 'logger'>): (record: LogRecord) => Promise<Claimed | undefined> {
  return async (record) => {
    const { topic, partition, offset } = record
    const answer = sealedAnswer(keyring, record)
    if (!answer) logger.warn('result.unsealed', { topic, partition, offset: String(offset) })
    if (answer?.envelope.callbackUrl === undefined) return undefined
    const { id, run, envelope } = answer
    const json = await answerJson(codec, record, answer.outcome)
    const body = renderBody({
      ...answer,
      json,
      ...(envelope.reference === undefined ? {} : { reference: envelope.reference }),
    })
    return {
      answer,
      claim: { id, run, partition, offset, url: answer.envelope.callbackUrl, body, claimedAtMs: clock.now() },
    }
  }
}

/** A sealed result that cannot be decoded is our own worker's fault: there is nothing to send, and status shows it no better. */
function unlessRetriable(error: unknown): 'later' {
  if (error instanceof ErrandError && error.retriable) return 'later'
  throw error
}
