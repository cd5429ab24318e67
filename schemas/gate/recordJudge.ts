// What becomes of a record under the proposed version: it is decoded as it was written, and then as a consumer of that version
// would, by the same codec; where that fails, also as it is read until now. Of its value nothing is told but where it does not
// fit.
import { isDeepStrictEqual } from 'node:util'
import { ErrandError } from '../../app/errors.ts'
import type { RecordType } from '../../app/record.ts'
import { avroType } from '../avro/avro.ts'
import { sameValue } from '../avro/sameValue.ts'
import { writerSchema } from '../avro/writerSchema.ts'
import { Cache } from '../cache.ts'
import { Codec } from '../codec.ts'
import { findingsBetween } from '../compatibility/compatibilityFindings.ts'
import { parseSchema } from '../compatibility/schemaParser.ts'
import { schemaIdOf } from '../frame.ts'
import { parseJson } from '../json/json.ts'
import { jsonIn } from '../json/jsonValue.ts'
import type { Registry } from '../registry/registry.ts'
import type { BlastTopic, Proposal } from './blastTopic.ts'
import { placeInSchema } from './placeInSchema.ts'

/** Why a record is not read. Few, however many records there are: what is the same for all of a writer is one object. */
export type Reason = {
  /** A finding's, such as MISSING_ENUM_SYMBOLS, or one of those below. */
  readonly type: string
  /** In the proposed schema, a JSON Pointer. */
  readonly at: string
  readonly message: string
  readonly hint?: string
}

/** Who wrote a record. `version`: that of the series in the folder whose schema it is. */
export type Writer = { readonly id: number; readonly name: string; readonly version?: number }

export type Judged = {
  readonly writer?: Writer
  /** Whose record it is; absent where that cannot be told. */
  readonly proposal?: Proposal
  /** Whether it is read as it is until now; told where it was asked for, and where the proposed version fails. */
  readonly isReadNow?: boolean
} & (
  | { readonly kind: 'alike' | 'otherwise' }
  | { readonly kind: 'fails'; readonly reasons: readonly Reason[] }
  /** A record of a series that is not looked at. */
  | { readonly kind: 'other' }
)

export type JudgeOptions = {
  /** Also say of what is read with the proposed version whether it is read now. */
  readonly withNow?: boolean
}

export type Judge = (value: Buffer | null, options?: JudgeOptions) => Promise<Judged>

const plain = (type: string, message: string): Reason => ({ type, at: '/', message })
const noValue = plain('NO_VALUE', 'The record has no value.')
const notFramed = plain('NOT_FRAMED', 'The value does not begin with the id of a schema.')
const unknownId = plain('UNKNOWN_SCHEMA', 'The registry does not know the schema whose id the value begins with.')
const unusable = plain('UNUSABLE_SCHEMA', 'The schema whose id the value begins with is not Avro, or refers to others.')
const undecodable = plain('UNDECODABLE', 'The bytes are not what the schema that they name would have written.')
const notJson = plain('NOT_JSON', 'The value is not JSON in UTF-8.')

const notRead = { isReadNow: false, kind: 'fails' } as const

/** A judge of one topic's records. Rejects as the registry does, where it is away. */
export const recordJudge = (
  topic: Pick<BlastTopic, 'format' | 'proposals' | 'isMixed'>,
  registry: Pick<Registry, 'schema'>,
): Judge => (topic.format === 'json' ? jsonJudge(topic.proposals[0]!) : avroJudge(topic, registry))

type Known = {
  readonly writer: Writer
  readonly record: RecordType
  readonly proposal: Proposal | undefined
  /** Whether it is the proposed schema itself. */
  readonly isProposed: boolean
  /** Why the proposed version does not read what this writer writes. */
  readonly reasons: readonly Reason[]
}

/** As many as the codec keeps. */
const maxWriters = 1_000

function avroJudge(
  { proposals, isMixed }: Pick<BlastTopic, 'proposals' | 'isMixed'>,
  registry: Pick<Registry, 'schema'>,
): Judge {
  const writers = new Cache<number, Known | 'unknown' | 'unusable'>({ max: maxWriters })
  const codec = new Codec({ registry: { schema: async (id) => registry.schema(id), idOf: async () => undefined } })
  const load = async (id: number): Promise<Known | 'unknown' | 'unusable'> => {
    try {
      const found = await registry.schema(id)
      if (found === undefined) return 'unknown'
      const schema = writerSchema(found)
      const record = { name: avroType(schema).name ?? '', schema }
      const proposal = isMixed ? proposals.find(({ names }) => names.has(record.name)) : proposals[0]
      return known(id, record, proposal)
    } catch (error) {
      if (error instanceof ErrandError && error.retriable) throw error
      return 'unusable'
    }
  }
  const attempt = async (value: Buffer, record: RecordType): Promise<{ readonly value: unknown } | undefined> => {
    try {
      return { value: await codec.decode(value, record) }
    } catch (error) {
      if (error instanceof ErrandError && error.retriable) throw error
      return undefined
    }
  }
  return async (value, { withNow = false } = {}) => {
    if (value === null) return { ...notRead, reasons: [noValue] }
    const id = schemaIdOf(value)
    if (id === undefined) return { ...notRead, reasons: [notFramed] }
    const of = writers.get(id) ?? (await writers.load(id, load))
    if (of === 'unknown') return { ...notRead, reasons: [unknownId] }
    if (of === 'unusable') return { ...notRead, reasons: [unusable] }
    const { writer, proposal } = of
    if (!proposal) return { kind: 'other', writer }
    const written = await attempt(value, of.record)
    if (!written) return { ...notRead, writer, proposal, reasons: [undecodable] }
    const isReadNow = async (): Promise<boolean> =>
      proposal.released === undefined || (await attempt(value, proposal.released.record)) !== undefined
    const now = withNow ? { isReadNow: await isReadNow() } : {}
    if (of.isProposed) return { kind: 'alike', writer, proposal, ...now }
    const read = await attempt(value, proposal.record)
    if (!read) return { kind: 'fails', writer, proposal, reasons: of.reasons, isReadNow: await isReadNow() }
    return { kind: sameValue(written.value, read.value) ? 'alike' : 'otherwise', writer, proposal, ...now }
  }
}

function known(id: number, record: RecordType, proposal: Proposal | undefined): Known {
  const version = proposal && versionOf(record, proposal)
  const writer = { id, name: record.name, ...(version === undefined ? {} : { version }) }
  const isProposed = proposal !== undefined && isDeepStrictEqual(record.schema, proposal.record.schema)
  const called = version === undefined ? `schema ${id}` : `v${version}`
  return { writer, record, proposal, isProposed, reasons: proposal ? reasonsOf(proposal, record, called) : [] }
}

/** Of several that are one to Avro, the one that is the same to the letter. */
function versionOf({ schema }: RecordType, { versions }: Proposal): number | undefined {
  const same =
    versions.findLast((each) => isDeepStrictEqual(each.schema, schema)) ??
    versions.findLast((each) => avroType(each.schema).equals(avroType(schema)))
  return same?.version
}

function reasonsOf(proposal: Proposal, { schema }: RecordType, called: string): readonly Reason[] {
  const [reader, writer] = [parseSchema(proposal.record.schema), parseSchema(schema)]
  const found =
    reader.kind === 'valid' && writer.kind === 'valid'
      ? findingsBetween(reader.root, writer.root, { reader: `v${proposal.version}`, writer: called, next: 'reader' })
      : []
  if (found.length > 0)
    return found.map(({ type, at, inReader = at, message, hint }) => ({
      ...{ type, at: inReader, message },
      ...(hint === undefined ? {} : { hint }),
    }))
  const message = `v${proposal.version} does not read what ${called} wrote, although Avro's rules allow it.`
  return [plain('UNREADABLE', message)]
}

function jsonJudge(proposal: Proposal): Judge {
  const parsed = (schema: RecordType['schema'], json: unknown) => parseJson(schema, json, '', 'ignored')
  const { schema } = proposal.record
  return async (value, { withNow = false } = {}) => {
    if (value === null) return { ...notRead, proposal, reasons: [noValue] }
    const json = jsonOf(value)
    if (json === undefined) return { ...notRead, proposal, reasons: [notJson] }
    const read = parsed(schema, json)
    const now = proposal.released && parsed(proposal.released.record.schema, json)
    const isReadNow = now === undefined || now.kind === 'valid'
    if (read.kind === 'invalid') {
      const reasons = read.problems.map(({ pointer, message }) =>
        plain('JSON_MISMATCH', `${placeInSchema(schema, pointer)} of the JSON ${message}.`),
      )
      return { kind: 'fails', proposal, isReadNow, reasons }
    }
    const isAlike = now === undefined || (now.kind === 'valid' && sameValue(now.value, read.value))
    return { kind: isAlike ? 'alike' : 'otherwise', proposal, ...(withNow ? { isReadNow } : {}) }
  }
}

function jsonOf(value: Buffer): unknown {
  try {
    return jsonIn(value)
  } catch {
    return undefined
  }
}
