// The catalogue: from an app and a namespace to the names and settings of its topics, groups and subjects. Nothing else
// builds such a name. `<namespace>.<name>` throughout, so that apps, stages and tests share a cluster in peace.
import { isDeepStrictEqual } from 'node:util'
import type { AnyApp } from '../app/app.ts'
import type { AvroSchema } from '../app/record.ts'
import type { TopicSpec } from './log.ts'

/** A consumer group of one role. Source, retry and dead topic have equal partition counts; a record keeps its number. */
export type Group = {
  readonly role: 'workers' | 'subscribers' | 'callbacks' | 'status'
  /** Within the role: the request type or the subscriber. Empty where the role has one group. */
  readonly name: string
  readonly id: string
  readonly sources: readonly string[]
  /** Absent for `status`, whose records are only projected. */
  readonly failures?: { readonly retry: string; readonly dead: string }
}

/** A registry subject with the schema that this app writes under it. */
export type Subject = { readonly name: string; readonly schema: AvroSchema }

export type Catalogue = {
  readonly namespace: string
  /** CloudEvents `source` of what this app writes. */
  readonly source: string
  readonly results: string
  readonly progress: string
  readonly deliveries: string
  requests(type: string): string
  event(name: string): string
  readonly topics: readonly Omit<TopicSpec, 'replicas'>[]
  readonly groups: readonly Group[]
  readonly subjects: readonly Subject[]
}

/** The platform's own schemas, which lie under the catalogue's topics beside the app's. */
export type PlatformSchemas = {
  readonly failure: AvroSchema
  readonly progress: AvroSchema
  readonly delivery: AvroSchema
}

const dayMs = 86_400_000
/** Kafka's default `max.message.bytes`; retry and dead copies carry more headers and must always fit. */
const maxMessageBytes = 1_048_588
const copyBytes = maxMessageBytes + 65_536

/** Retention stays within Kafka's default `offsets.retention.minutes` of 7 days: a position never outlives its records' meaning. */
const kept = (days: number) => ({
  'cleanup.policy': 'delete',
  'retention.ms': String(days * dayMs),
  'max.message.bytes': String(maxMessageBytes),
})
const keptForEver = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'max.message.bytes': String(copyBytes) }

/** How long requests, results and deliveries are kept, and so how long an id can be asked for. */
export const retentionMs = 7 * dayMs

export function catalogue(app: AnyApp, namespace: string, platform: PlatformSchemas): Catalogue {
  const named = (name: string): string => `${namespace}.${name}`
  const requests = (type: string): string => named(`requests.${type}`)
  const [results, progress, deliveries] = [named('results'), named('progress'), named('deliveries')]
  const group = (role: 'workers' | 'subscribers' | 'callbacks', name: string, source: string): Group => {
    const id = named(name ? `${role}.${name}` : role)
    return { role, name, id, sources: [source], failures: { retry: `${id}.retry`, dead: `${id}.dead` } }
  }
  const types = Object.keys(app.requests)
  const failing = [
    ...types.map((type) => group('workers', type, requests(type))),
    ...Object.entries(app.subscribers).map(([name, { event }]) => group('subscribers', name, named(event.name))),
    ...(types.length > 0 ? [group('callbacks', '', results)] : []),
  ]
  const status: Group = {
    role: 'status',
    name: '',
    id: named('status'),
    sources: [...types.map(requests), results, progress, deliveries],
  }
  const topic = (config: Readonly<Record<string, string>>) => (name: string) => ({
    name,
    partitions: app.partitions,
    config,
  })
  return {
    namespace,
    source: `/${namespace}`,
    results,
    progress,
    deliveries,
    requests,
    event: named,
    topics: [
      ...app.events.map((event) => named(event.name)).map(topic(kept(7))),
      ...(types.length > 0 ? [...types.map(requests), results, deliveries].map(topic(kept(7))) : []),
      ...(types.length > 0 ? [progress].map(topic(kept(1))) : []),
      ...failing.flatMap(({ failures }) => (failures ? [failures.retry, failures.dead] : [])).map(topic(keptForEver)),
    ],
    groups: types.length > 0 ? [...failing, status] : failing,
    subjects: once([
      ...app.events.map((event) => ({ name: `${named(event.name)}-value`, schema: event.record.schema })),
      ...Object.entries(app.requests).flatMap(([type, { input, result }]) => [
        { name: `${requests(type)}-value`, schema: input.schema },
        { name: `${results}-${result.name}`, schema: result.schema },
      ]),
      ...(types.length > 0
        ? [
            { name: `${results}-errand.Failure`, schema: platform.failure },
            { name: `${progress}-value`, schema: platform.progress },
            { name: `${deliveries}-value`, schema: platform.delivery },
          ]
        : []),
    ]),
  }
}

/** Two types may have one result record: that is one subject. Other schemas of one name stay, for the registry to refuse. */
const once = (subjects: readonly Subject[]): readonly Subject[] =>
  subjects.filter((subject, index) => subjects.findIndex((other) => isDeepStrictEqual(other, subject)) === index)
