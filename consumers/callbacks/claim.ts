// What a result claims: the right to call back for (id, run), and the body that every attempt will send (I5).
import { ErrandError } from '../../app/errors.ts'
import { retentionMs } from '../../kafka/catalogue.ts'
import type { Journey } from '../../kafka/journey.ts'
import type { LogRecord } from '../../kafka/log.ts'
import { parseRequestId } from '../../process/requestId.ts'
import type { Claim } from '../../store/store.ts'
import { answerJson, type SealedAnswer, sealedAnswer } from '../answer.ts'
import type { Platform } from '../role.ts'
import { type Cause, causeOf } from '../verdict.ts'
import { renderBody } from './body.ts'

export type Claimed =
  | { readonly kind: 'claimed'; readonly claim: Claim; readonly answer: SealedAnswer }
  /** No callback was asked for, or nobody asked under seal. */
  | { readonly kind: 'none' }
  /** The registry does not answer, or does not know the schema yet. */
  | { readonly kind: 'later'; readonly cause: Cause }
  /** It will never be readable. */
  | { readonly kind: 'undecodable'; readonly cause: Cause }

/** Of a result or, with its journey, of a copy of one. Never rejects. */
export type Claiming = (record: LogRecord, journey?: Pick<Journey, 'origin'>) => Promise<Claimed>

export function claiming({
  catalogue,
  keyring,
  codec,
  clock,
  logger,
}: Pick<Platform, 'catalogue' | 'keyring' | 'codec' | 'clock' | 'logger'>): Claiming {
  return async (record, journey) => {
    const answer = sealedAnswer(keyring, record)
    const place = journey?.origin ?? record
    if (!answer || place.topic !== catalogue.results) {
      const { topic, partition, offset } = record
      logger.warn('result.ignored', {
        topic,
        partition,
        offset: String(offset),
        why: answer ? 'a copy that does not say of what' : 'it carries no valid seal',
      })
      return { kind: 'none' }
    }
    const { id, run, envelope } = answer
    if (envelope.callbackUrl === undefined || (!journey && isForgotten(id, run))) return { kind: 'none' }
    try {
      const json = await answerJson(codec, record, answer.outcome)
      const { reference } = envelope
      const body = renderBody({ ...answer, json, ...(reference === undefined ? {} : { reference }) })
      const { partition, offset } = place
      return {
        kind: 'claimed',
        answer,
        claim: { id, run, partition, offset, url: envelope.callbackUrl, body, claimedAtMs: clock.now() },
      }
    } catch (error) {
      const cause = causeOf(error)
      return error instanceof ErrandError && error.retriable ? { kind: 'later', cause } : { kind: 'undecodable', cause }
    }
  }

  /**
   * The first run of a request so old that its claim may have been purged: somebody has copied it back into the topic. Copies
   * on the retry topic are ours, of results that were claimed, however long ago.
   */
  function isForgotten(id: string, run: number): boolean {
    const parsed = parseRequestId(keyring, id)
    return run === 1 && parsed !== undefined && parsed.timeMs + retentionMs < clock.now()
  }
}
