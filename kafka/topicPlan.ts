// What has to happen for the cluster's topics to be the catalogue's. Pure: `errand topics plan` prints it, `apply` does it.
// Topics that are taken over are only looked at: the topics that hold copies of their records follow them.
import { type Catalogue, type CatalogueTopic, copyBytes } from './catalogue.ts'
import type { TopicDescription, TopicSpec } from './log.ts'

export type TopicStep =
  | { readonly kind: 'create'; readonly topic: TopicSpec }
  | { readonly kind: 'same'; readonly topic: TopicSpec }
  /** The taken-over topic that it holds copies of has more partitions by now. */
  | { readonly kind: 'grow'; readonly topic: TopicSpec; readonly from: number }
  /** It exists otherwise than the app says; changing it is the operator's decision. */
  | { readonly kind: 'differs'; readonly topic: TopicSpec; readonly differences: readonly string[] }
  /** It is others', and left as it is. */
  | { readonly kind: 'taken-over'; readonly topic: Pick<TopicSpec, 'name' | 'partitions' | 'replicas'> }
  /** It is others', and not there. What holds copies of its records cannot be planned. */
  | { readonly kind: 'missing'; readonly topic: Pick<TopicSpec, 'name'> }

/** Replicas where this many brokers run: three with `min.insync.replicas` 2 where there are three, else one. */
export const replicasFor = (brokers: number): number => (brokers >= 3 ? 3 : 1)

/** `existing` must cover the catalogue's topics and those that are taken over. */
export function topicPlan(
  { topics, takenOver }: Pick<Catalogue, 'topics' | 'takenOver'>,
  existing: ReadonlyMap<string, TopicDescription>,
  brokers: number,
): readonly TopicStep[] {
  return [
    ...takenOver.map((name): TopicStep => {
      const found = existing.get(name)
      if (!found) return { kind: 'missing', topic: { name } }
      return { kind: 'taken-over', topic: { name, partitions: found.partitions, replicas: found.replicas } }
    }),
    ...topics.flatMap((topic) => {
      const source = topic.copiesOf === undefined ? undefined : existing.get(topic.copiesOf)
      if (topic.copiesOf !== undefined && !source) return []
      const sizes = (topic.fits ?? []).flatMap((name) => existing.get(name)?.maxMessageBytes ?? [])
      const wanted = wantedOf(topic, { source, sizes, replicas: replicasFor(brokers) })
      return [stepOf(wanted, existing.get(topic.name), source !== undefined)]
    }),
  ]
}

type Found = {
  readonly source: TopicDescription | undefined
  /** `max.message.bytes` of topics whose records it must fit beside the app's own. */
  readonly sizes: readonly number[]
  readonly replicas: number
}

function wantedOf({ name, partitions, config }: CatalogueTopic, { source, sizes, replicas }: Found): TopicSpec {
  const own = source ? 0 : Number(config['max.message.bytes'] ?? 0)
  const copied = [...sizes, ...(source ? [source.maxMessageBytes] : [])].map(copyBytes)
  const maxBytes = Math.max(own, ...copied)
  return {
    name,
    partitions: source?.partitions ?? partitions,
    replicas,
    config: {
      ...config,
      ...(maxBytes > 0 ? { 'max.message.bytes': String(maxBytes) } : {}),
      ...(replicas === 3 ? { 'min.insync.replicas': '2' } : {}),
    },
  }
}

function stepOf(topic: TopicSpec, found: TopicDescription | undefined, mayGrow: boolean): TopicStep {
  if (!found) return { kind: 'create', topic }
  if (mayGrow && found.partitions < topic.partitions) return { kind: 'grow', topic, from: found.partitions }
  const differences = differencesOf(topic, found)
  return differences.length === 0 ? { kind: 'same', topic } : { kind: 'differs', topic, differences }
}

/** What Kafka does where neither topic nor broker says otherwise: `describe` leaves such values out. */
const kafkaDefaults: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '604800000',
  'max.message.bytes': '1048588',
  'min.insync.replicas': '1',
  'message.timestamp.type': 'CreateTime',
}

const differencesOf = (wanted: TopicSpec, found: TopicDescription): readonly string[] => {
  const config = { ...kafkaDefaults, ...found.config }
  return [
    ...(wanted.partitions === found.partitions ? [] : [`partitions: ${found.partitions}, wanted ${wanted.partitions}`]),
    ...(wanted.replicas === found.replicas ? [] : [`replicas: ${found.replicas}, wanted ${wanted.replicas}`]),
    ...Object.entries(wanted.config).flatMap(([name, value]) =>
      config[name] === value ? [] : [`${name}: ${config[name] ?? 'unset'}, wanted ${value}`],
    ),
  ]
}
