// Which topic is meant, and which proposed schemas its records are to be read with: the highest version of each series whose
// records lie there. Pure.
import type { AnyApp } from '../../app/app.ts'
import { ErrandError } from '../../app/errors.ts'
import type { Format } from '../../app/event.ts'
import type { RecordType } from '../../app/record.ts'
import type { Catalogue, FailingGroup } from '../../kafka/catalogue.ts'
import { avroType } from '../avro/avro.ts'
import type { SchemaVersion, Series } from '../folder/folder.ts'

/** One version of a series as a record that can be decoded. */
export type VersionRecord = { readonly version: number; readonly record: RecordType }

/** The highest version of a series. */
export type Proposal = VersionRecord & {
  readonly series: string
  readonly path: string
  /** The version before it, which is what is read with until now; absent where there is none. */
  readonly released?: VersionRecord
  readonly versions: readonly SchemaVersion[]
  /** What the record is called, in any of its versions. */
  readonly names: ReadonlySet<string>
}

export type BlastTopic = {
  readonly topic: string
  readonly format: Format
  /** At least one. Of several, a record's own is the one of its writer's name. */
  readonly proposals: readonly Proposal[]
  /** Whether it holds records of other series too. */
  readonly isMixed: boolean
  /** Those that may have dead letters of it. */
  readonly groups: readonly FailingGroup[]
}

/**
 * The topic of that name: an event's, `requests.<type>` or `results`, or in full as Kafka has it. Throws `unknown-topic` with those that
 * there are, `no-schemas` where the folder has none for it, and `invalid-schema`.
 */
export function blastTopic(app: AnyApp, catalogue: Catalogue, series: readonly Series[], wanted: string): BlastTopic {
  const places = placesOf(app, catalogue)
  const place = places.find(({ name, topic }) => name === wanted || topic === wanted)
  if (!place)
    throw new ErrandError(
      'unknown-topic',
      `"${wanted}" is no topic of records that this app has schemas for; there are ${places.map(({ name }) => name).join(', ') || 'none'}`,
    )
  const { topic, format, isMixed } = place
  const proposals = series.filter(({ name }) => place.series.includes(name)).map(proposalOf)
  if (proposals.length === 0)
    throw new ErrandError(
      'no-schemas',
      `the folder has no versions of ${place.series.join(', ')}, which lie in ${place.name}; it has ${series.map(({ name }) => name).join(', ')}`,
    )
  const groups = catalogue.groups.filter(
    (group): group is FailingGroup =>
      group.failures !== undefined && (group.sources.includes(topic) || group.role === 'delay'),
  )
  return { topic, format, isMixed, proposals, groups }
}

type Place = Pick<BlastTopic, 'topic' | 'format' | 'isMixed'> & {
  readonly name: string
  /** Names of those whose records it may hold. */
  readonly series: readonly string[]
}

function placesOf({ events, requests }: AnyApp, catalogue: Catalogue): readonly Place[] {
  const types = Object.keys(requests)
  const results = types.map((type) => `${type}/result`)
  return [
    ...events.map(({ name, format }) => ({
      name,
      topic: catalogue.event(name),
      format,
      isMixed: false,
      series: [name],
    })),
    ...types.map((type) => ({
      ...{ name: `requests.${type}`, topic: catalogue.requests(type), format: 'avro' as const },
      ...{ isMixed: false, series: [`${type}/input`] },
    })),
    ...(types.length > 0
      ? [{ name: 'results', topic: catalogue.results, format: 'avro' as const, isMixed: true, series: results }]
      : []),
  ]
}

/** Throws `invalid-schema` where a version is not Avro. */
export function proposalOf({ name, versions }: Series): Proposal {
  const records = versions.map(recordOf)
  const released = records.at(-2)
  return {
    series: name,
    path: versions.at(-1)!.path,
    ...records.at(-1)!,
    ...(released && { released }),
    versions,
    names: new Set(records.map(({ record }) => record.name)),
  }
}

function recordOf({ version, path, schema }: SchemaVersion): VersionRecord {
  try {
    const type = avroType(schema)
    return { version, record: { name: type.name ?? type.typeName, schema } }
  } catch (cause) {
    throw new ErrandError('invalid-schema', `${path}: ${(cause as Error).message}`, { cause })
  }
}
