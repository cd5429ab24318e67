// Do the cluster's topics exist, as the app says? And does a group that rests keep its position as long as there are records?
import type { TopicStep } from '../../kafka/topicPlan.ts'
import type { Told } from '../../process/finding.ts'
import { planTopics } from '../topics.ts'
import { type Check, type Examined, verdict } from './check.ts'

export const topics: Check = {
  name: 'topics',
  needsKafka: true,
  ask: async (examined) => {
    const { kafka, catalogue } = examined
    const plan = await planTopics(kafka.admin, catalogue)
    const findings = [...unmade(plan, examined), ...absent(plan), ...different(plan, examined)]
    return verdict(findings, `${plan.length}, as the app says`)
  },
}

/** What `errand topics apply` does. */
function unmade(plan: readonly TopicStep[], { appPath }: Examined): readonly Told[] {
  const created = plan.flatMap((step) => (step.kind === 'create' ? [step.topic] : []))
  const grown = plan.flatMap((step) => (step.kind === 'grow' ? [step.topic.name] : []))
  const single = created.some(({ replicas }) => replicas === 1) ? ' --allow-single-replica' : ''
  const remedy = `errand topics apply --app ${appPath}${single}`
  const names = created.map(({ name }) => name).join(', ')
  return [
    ...(created.length > 0
      ? [{ problem: `${created.length} of ${plan.length} topics do not exist: ${names}`, remedy }]
      : []),
    ...(grown.length > 0
      ? [{ problem: `a topic taken over has more partitions by now than ${grown.join(', ')}`, remedy }]
      : []),
  ]
}

const absent = (plan: readonly TopicStep[]): readonly Told[] =>
  plan.flatMap(({ kind, topic: { name } }) =>
    kind === 'missing'
      ? [
          {
            problem: `${name} is taken over, and this cluster does not have it`,
            remedy:
              'see that this is the right cluster, and the right name in { topic }; Errand creates only topics of its own',
          },
        ]
      : [],
  )

const different = (plan: readonly TopicStep[], examined: Examined): readonly Told[] =>
  plan.flatMap((step) =>
    step.kind === 'differs'
      ? step.differences.map((difference) => ({
          problem: `${step.topic.name} has ${difference}`,
          remedy: remedyOf(step, difference, examined),
        }))
      : [],
  )

/** Kafka's own tools; `topics apply` leaves what exists as it is. */
function remedyOf(
  { topic }: Extract<TopicStep, { kind: 'differs' }>,
  difference: string,
  { config, appPath }: Examined,
): string {
  const [, what = '', found = ''] = /^([^:]+): (\S+),/.exec(difference) ?? []
  const at = `--bootstrap-server ${config.kafka.brokers.join(',')}`
  if (what === 'replicas') return `raise them with kafka-reassign-partitions.sh ${at}`
  if (what !== 'partitions')
    return `kafka-configs.sh ${at} --alter --entity-type topics --entity-name ${topic.name} --add-config ${what}=${topic.config[what]}`
  if (Number(found) > topic.partitions)
    return `partitions cannot be taken away: write \`partitions: ${found}\` in ${appPath}, if all topics have as many`
  return `kafka-topics.sh ${at} --alter --topic ${topic.name} --partitions ${topic.partitions} # retry and dead topics first; keys move, so best while nothing waits`
}

/** Kafka's default, where neither topic nor broker says otherwise. */
const usualRetentionMs = 604_800_000

export const positions: Check = {
  name: 'positions',
  needsKafka: true,
  ask: async ({ kafka, facts, catalogue }) => {
    const minutes = Number((await facts.brokerConfig(['offsets.retention.minutes'])).get('offsets.retention.minutes'))
    if (!(minutes > 0)) return { kind: 'unasked', why: 'the broker does not tell offsets.retention.minutes' }
    // What waits in a tier is kept for as long as it waits, and deleted once it is done: whoever begins anew repeats little.
    const resting = catalogue.groups.filter(({ role }) => role !== 'delay')
    const sources = new Set(resting.flatMap((group) => group.sources))
    const longer = [...(await kafka.admin.describe([...sources])).values()].filter(({ config }) => {
      const keptMs = Number(config['retention.ms'] ?? usualRetentionMs)
      return keptMs < 0 || keptMs > minutes * 60_000
    })
    const names = longer.map(({ name }) => name).join(', ')
    const problem = `a group that rests for more than ${minutes / 1_440} days loses its position (offsets.retention.minutes), while records are kept for longer in ${names}`
    const remedy =
      'raise offsets.retention.minutes of the brokers to the longest retention, or lower retention.ms of these topics'
    return verdict(longer.length > 0 ? [{ problem, remedy }] : [], `kept as long as records, ${minutes / 1_440} days`)
  },
}
