// The catalogue: from an app and a namespace to the names and settings of its topics, groups and subjects. Nothing else
// builds such a name. `<namespace>.<name>` throughout, so that apps, stages and tests share a cluster in peace; but for the
// topics and groups that an app takes over, which are used as they are named.
import type { AnyApp } from '../app/app.ts'
import { ErrandError } from '../app/errors.ts'
import { isTwin } from '../app/takeover.ts'
import type { TopicSpec } from './log.ts'
import { type PlatformSchemas, type Subject, subjectsOf, type TopicNames } from './subjects.ts'
import { type Tier, tiers } from './tiers.ts'

/** A consumer group of one role. Source, retry and dead topic have equal partition counts; a record keeps its number. */
export type Group = {
  readonly role: 'workers' | 'subscribers' | 'callbacks' | 'status' | 'delay'
  /** Within the role: the request type or the subscriber. Empty where the role has one group. */
  readonly name: string
  readonly id: string
  readonly sources: readonly string[]
  /**
   * Absent for `status`, whose records are only projected. `retry` is where redriven letters go, `state` has what became of
   * letters. Of `delay` the smallest tier is `retry`: what it could not forward waits there for a moment, and is tried again.
   */
  readonly failures?: Failures
}

export type Failures = { readonly retry: string; readonly dead: string; readonly state: string }

export type CatalogueTopic = Omit<TopicSpec, 'replicas'> & {
  /** The taken-over topic whose records are copied here: it decides how many partitions there are, and how large records get. */
  readonly copiesOf?: string
  /** Taken-over topics whose records may be copied here too: the largest of them decides how large records get. */
  readonly fits?: readonly string[]
}

export type Catalogue = TopicNames & {
  readonly namespace: string
  /** CloudEvents `source` of what this app writes. */
  readonly source: string
  /** The id of a group that the app does not name itself. */
  groupOf(role: Group['role'], name: string): string
  /** The topic of a tier of delay. */
  delay(tier: Tier): string
  /** What this app creates. */
  readonly topics: readonly CatalogueTopic[]
  /** Topics of others: never created, never changed. */
  readonly takenOver: readonly string[]
  readonly groups: readonly Group[]
  readonly subjects: readonly Subject[]
}

const dayMs = 86_400_000
/** Kafka's default `max.message.bytes`; retry and dead copies carry more headers and must always fit. */
const maxMessageBytes = 1_048_588
/** `max.message.bytes` of a topic that takes copies of records of up to `bytes`. */
export const copyBytes = (bytes: number): number => bytes + 65_536

/** Retention stays within Kafka's default `offsets.retention.minutes` of 7 days: a position never outlives its records' meaning. */
const kept = (days: number) => ({
  'cleanup.policy': 'delete',
  'retention.ms': String(days * dayMs),
  'max.message.bytes': String(maxMessageBytes),
})
const keptForEver = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'max.message.bytes': String(copyBytes(maxMessageBytes)),
}

/** The last of each key is kept; what has been replaced goes within minutes, so that few reports pile up. */
const latestOnly = {
  'cleanup.policy': 'compact',
  'delete.retention.ms': '3600000',
  'segment.ms': '600000',
  'min.cleanable.dirty.ratio': '0.1',
}
/** What became of a letter counts for as long as the letter is there. */
const statesKept = { 'cleanup.policy': 'compact' }
/** In a tier the time of a record is when it began to wait. */
const waiting = { ...keptForEver, 'message.timestamp.type': 'LogAppendTime' }

/** A process that was killed leaves a last report under a name that never comes again. */
const soonForgotten = { ...latestOnly, 'cleanup.policy': 'compact,delete', 'retention.ms': '3600000' }

/** A group's name within its app, such as `workers.punctuality`: the key of its control. */
export const controlName = ({ role, name }: Pick<Group, 'role' | 'name'>): string => (name ? `${role}.${name}` : role)

/** All that a group reads. */
export const topicsOf = ({ sources, failures }: Pick<Group, 'sources' | 'failures'>): readonly string[] =>
  failures ? [...sources, failures.retry] : sources

/** How long requests, results and deliveries are kept, and so how long an id can be asked for. */
export const retentionMs = 7 * dayMs

export function catalogue(app: AnyApp, namespace: string, platform: PlatformSchemas): Catalogue {
  const named = (name: string): string => `${namespace}.${name}`
  const requests = (type: string): string => named(`requests.${type}`)
  const takenOver = app.events.flatMap(({ topic }) => topic ?? [])
  const event = (name: string): string => app.events.find((each) => each.name === name)?.topic ?? named(name)
  const [results, progress, deliveries] = [named('results'), named('progress'), named('deliveries')]
  const [members, controls] = [named('members'), named('controls')]
  const groupOf = (role: Group['role'], name: string): string => named(controlName({ role, name }))
  const group = (role: FailingRole, name: string, source: string, given?: string): FailingGroup => {
    const own = given ?? controlName({ role, name })
    const failures = failuresOf(named(own), named(`${own}.retry`))
    return { role, name, id: given ?? groupOf(role, name), sources: [source], failures }
  }
  const delay = ({ name }: Tier): string => named(`delay.${name}`)
  const types = Object.keys(app.requests)
  const failing = [
    ...types.map((type) => group('workers', type, requests(type))),
    ...Object.entries(app.subscribers).map(([name, each]) =>
      group('subscribers', name, event(each.event.name), each.group),
    ),
    ...(types.length > 0 ? [group('callbacks', '', results)] : []),
  ]
  const [first, ...others] = tiers.map(delay)
  const waits: FailingGroup = {
    role: 'delay',
    name: '',
    id: groupOf('delay', ''),
    sources: others,
    failures: failuresOf(named('delay'), first!),
  }
  const status: Group = {
    role: 'status',
    name: '',
    id: groupOf('status', ''),
    sources: [...types.map(requests), results, progress, deliveries],
  }
  const topic = (config: Readonly<Record<string, string>>) => (name: string) => ({
    name,
    partitions: app.partitions,
    config,
  })
  const copies = ({ sources: [source], failures: { retry, dead } }: FailingGroup): readonly CatalogueTopic[] =>
    [retry, dead]
      .map(topic(keptForEver))
      .map((each) => (source !== undefined && takenOver.includes(source) ? { ...each, copiesOf: source } : each))
  /** All groups that write dead letters. */
  const letting = failing.length > 0 ? [...failing, waits] : []
  const tierTopic = (name: string): CatalogueTopic => ({ name, partitions: 1, config: waiting, fits: takenOver })
  const made: Catalogue = {
    namespace,
    source: `/${namespace}`,
    results,
    progress,
    deliveries,
    members,
    controls,
    requests,
    groupOf,
    event,
    delay,
    takenOver,
    topics: [
      ...app.events.filter((each) => each.topic === undefined).map((each) => topic(kept(7))(named(each.name))),
      ...(types.length > 0 ? [...types.map(requests), results, deliveries].map(topic(kept(7))) : []),
      ...(types.length > 0 ? [progress].map(topic(kept(1))) : []),
      ...failing.flatMap(copies),
      ...(failing.length > 0 ? [...tiers.map(delay), waits.failures.dead].map(tierTopic) : []),
      ...letting.map(({ failures: { state } }) => ({ name: state, partitions: 1, config: statesKept })),
      { name: members, partitions: 1, config: soonForgotten },
      { name: controls, partitions: 1, config: latestOnly },
    ],
    groups: types.length > 0 ? [...letting, status] : letting,
    subjects: subjectsOf(
      app,
      {
        ...{ results, progress, deliveries, members, controls, requests, event },
        states: letting.map(({ failures: { state } }) => state),
      },
      platform,
    ),
  }
  refuseOwnNames(app, made)
  return made
}

type FailingRole = Exclude<Group['role'], 'status'>
/** One that has dead letters. */
export type FailingGroup = Group & Required<Pick<Group, 'failures'>>

const failuresOf = (own: string, retry: string): Failures => ({
  retry,
  dead: `${own}.dead`,
  state: `${own}.dead.state`,
})

/** What an app takes over must not be its own: that would be made twice, with two meanings. Throws `invalid-app`. */
function refuseOwnNames({ subscribers }: AnyApp, { namespace, topics, takenOver, groups }: Catalogue): void {
  const given = new Set(Object.values(subscribers).flatMap(({ group }) => group ?? []))
  const problems = [
    ...takenOver
      .filter((topic) => topics.some(({ name }) => isTwin(name, topic)))
      .map((topic) => `the topic "${topic}" is this app's own in the namespace "${namespace}": leave { topic } away`),
    ...[...given]
      .filter((group) => groups.filter(({ id }) => id === group).length > 1)
      .map((group) => `the group "${group}" is this app's own in the namespace "${namespace}": leave { group } away`),
  ]
  if (problems.length > 0) throw new ErrandError('invalid-app', `this app cannot run:\n- ${problems.join('\n- ')}`)
}
