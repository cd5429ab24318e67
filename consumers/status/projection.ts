// From a record of the platform's topics to a change of the status view. What carries no valid seal changes nothing:
// otherwise whoever can write to a topic could show a client anything.
import { ErrandError } from '../../app/errors.ts'
import { type Attributes, readHeaders } from '../../kafka/headers.ts'
import type { LogRecord } from '../../kafka/log.ts'
import { type Envelope, type Sealed, unseal } from '../../process/seal.ts'
import { Delivery, Progress } from '../../schemas/platform/generated.ts'
import type { Change } from '../../store/store.ts'
import { answerJson, askedOf, sealedAnswer } from '../answer.ts'
import type { Platform } from '../role.ts'
import { causeOf } from '../verdict.ts'

export type Projected =
  | { readonly kind: 'change'; readonly change: Change }
  /** Without a valid seal, or never to be read. */
  | { readonly kind: 'none'; readonly why: string }
  /** The registry does not answer, or does not know the schema yet. */
  | { readonly kind: 'later' }

/** Never rejects. */
export type Projection = (record: LogRecord) => Promise<Projected>

export function projection({
  catalogue,
  codec,
  keyring,
}: Pick<Platform, 'catalogue' | 'codec' | 'keyring'>): Projection {
  return async (record) => {
    try {
      const change = await changeOf(record)
      return change
        ? { kind: 'change', change }
        : { kind: 'none', why: 'it carries no valid seal, or says nothing to a client' }
    } catch (error) {
      if (error instanceof ErrandError && error.retriable) return { kind: 'later' }
      return { kind: 'none', why: causeOf(error).message }
    }
  }

  async function changeOf(record: LogRecord): Promise<Change | undefined> {
    switch (record.topic) {
      case catalogue.results:
        return answered(record)
      case catalogue.progress:
        return progressed(record)
      case catalogue.deliveries:
        return delivered(record)
      default:
        return asked(record)
    }
  }

  function asked(record: LogRecord): Change | undefined {
    const attributes = readHeaders(record)
    const { id, run, type } = attributes
    const envelope = envelopeOf(record, attributes, { kind: 'request', id })
    const known = envelope && askedOf(keyring, id, type, envelope)
    return known && { kind: 'asked', id, run, asked: known }
  }

  /** What the seal says of a record about `id`; undefined without a valid one. */
  function envelopeOf(
    { value }: LogRecord,
    { run, type, seal }: Attributes,
    of: Pick<Sealed, 'kind' | 'id'>,
  ): Envelope | undefined {
    return value ? unseal(keyring, { ...of, run, type, value }, seal) : undefined
  }

  async function answered(record: LogRecord): Promise<Change | undefined> {
    const answer = sealedAnswer(keyring, record)
    const known = answer && askedOf(keyring, answer.id, answer.type, answer.envelope)
    if (!known) return undefined
    const { id, run, outcome, finishedAtMs } = answer
    const json = await answerJson(codec, record, outcome)
    return {
      kind: 'answered',
      id,
      run,
      asked: known,
      answer: { outcome, finishedAtMs, partition: record.partition, offset: record.offset, json },
    }
  }

  async function progressed(record: LogRecord): Promise<Change | undefined> {
    const attributes = readHeaders(record)
    const { subject: id, run } = attributes
    if (id === undefined || !envelopeOf(record, attributes, { kind: 'progress', id })) return undefined
    const { kind, attempt, sequence, at, fraction, message } = await codec.decode(record.value, Progress)
    switch (kind) {
      case 'started':
        return { kind: 'started', id, run, startedAtMs: at.getTime(), attempt }
      case 'progressed':
        return { kind: 'progressed', id, run, progress: { attempt, sequence, ...present({ fraction, message }) } }
      case 'attemptFailed':
        return undefined // for operators; the client sees the next attempt start
      default:
        return kind satisfies never
    }
  }

  async function delivered(record: LogRecord): Promise<Change | undefined> {
    const attributes = readHeaders(record)
    const { subject: id, run } = attributes
    if (id === undefined || !envelopeOf(record, attributes, { kind: 'delivery', id })) return undefined
    const { status, attempt, at, statusCode, nextAttemptAt, reason } = await codec.decode(record.value, Delivery)
    const told = present({ statusCode, nextAttemptAtMs: nextAttemptAt?.getTime() ?? null, reason })
    return { kind: 'delivered', id, run, delivered: { status, attempt, atMs: at.getTime(), ...told } }
  }
}

/** The object without what is null. */
const present = <T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], null> } =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: Exclude<T[K], null>
  }
