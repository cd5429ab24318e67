// What has to happen for the cluster's topics to be the catalogue's. Pure: `errand topics plan` prints it, `apply` does it.
import type { Catalogue } from './catalogue.ts'
import type { TopicDescription, TopicSpec } from './log.ts'

export type TopicStep =
  | { readonly kind: 'create'; readonly topic: TopicSpec }
  | { readonly kind: 'same'; readonly topic: TopicSpec }
  /** It exists otherwise than the app says; changing it is the operator's decision. */
  | { readonly kind: 'differs'; readonly topic: TopicSpec; readonly differences: readonly string[] }

/** Replicas where this many brokers run: three with `min.insync.replicas` 2 where there are three, else one. */
export const replicasFor = (brokers: number): number => (brokers >= 3 ? 3 : 1)

export function topicPlan(
  catalogue: Catalogue,
  existing: ReadonlyMap<string, TopicDescription>,
  brokers: number,
): readonly TopicStep[] {
  const replicas = replicasFor(brokers)
  const durability = replicas === 3 ? { 'min.insync.replicas': '2' } : {}
  return catalogue.topics.map((wanted) => {
    const topic = { ...wanted, replicas, config: { ...wanted.config, ...durability } }
    const found = existing.get(topic.name)
    if (!found) return { kind: 'create', topic }
    const differences = differencesOf(topic, found)
    return differences.length === 0 ? { kind: 'same', topic } : { kind: 'differs', topic, differences }
  })
}

/** What Kafka does where neither topic nor broker says otherwise: `describe` leaves such values out. */
const kafkaDefaults: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '604800000',
  'max.message.bytes': '1048588',
  'min.insync.replicas': '1',
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
