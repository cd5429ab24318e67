// Questions to the cluster, and topics made.
import type { Admin as KafkaAdmin } from 'kafkajs'
import { systemClock } from '../../process/clock.ts'
import type { Admin, TopicDescription, TopicSpec } from '../log.ts'
import { refused, unavailable } from '../logErrors.ts'
import type { AdminConnection } from './adminConnection.ts'
import { kafkaType, reasonOf, reasonsOfPartitions, refusals } from './errors.ts'

/** kafkajs's ConfigResourceTypes.TOPIC and ConfigSource.TOPIC_CONFIG, which it does not export to ES modules. */
const [topicResource, topicSource] = [2, 1]
const maxBytes = 'max.message.bytes'
/** How long new topics may take to get their leaders, and how often that is asked. */
const [leadersMs, pollMs] = [30_000, 50]
/** How long a coordinator that has just become one may take to know its groups. */
const coordinatorMs = 5_000

export function kafkaAdmin(connection: AdminConnection): Admin {
  const metadata = (topic: string) =>
    connection.ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }), topic).then(({ topics }) => topics[0])
  return {
    brokers: () => connection.ask((admin) => admin.describeCluster()).then(({ brokers }) => brokers.length),
    topics: () => connection.ask((admin) => admin.listTopics()),
    describe: (names) => connection.ask((admin) => describe(admin, names)),
    create: async (topics) => {
      if (topics.length === 0) return
      await connection.ask((admin) => createMissing(admin, topics))
      const whole = topics.map(({ name }) => ({ name, partitions: 1 })) // one that was there may have fewer than asked for
      await connection.ask((admin) => leaders(admin, whole))
    },
    grow: async (topics) => {
      if (topics.length === 0) return
      await connection.ask((admin) => addMissing(admin, topics))
      await connection.ask((admin) => leaders(admin, topics))
    },
    offsets: async (topic) => {
      const offsets = await connection.ask((admin) => admin.fetchTopicOffsets(topic), topic)
      return offsets
        .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
        .sort((a, b) => a.partition - b.partition)
    },
    offsetsAt: async (topic, timeMs) => {
      const offsets = await connection.ask((admin) => admin.fetchTopicOffsetsByTimestamp(topic, timeMs), topic)
      return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]))
    },
    partitions: async (topic) => (await metadata(topic))?.partitions.length ?? 0,
    committed: async (groupId, topics) => {
      if (topics.length === 0) return [] // which kafkajs takes for all
      const fetched = await connection.ask(
        (admin) => whenCoordinated(() => admin.fetchOffsets({ groupId, topics: [...topics] })),
        topics.join(', '),
      )
      return fetched.flatMap(({ topic, partitions }) =>
        partitions
          .filter(({ offset }) => !offset.startsWith('-')) // none, or a reset that kafkajs has written (facts B11)
          .map(({ partition, offset, metadata }) => ({
            topic,
            partition,
            offset: BigInt(offset),
            metadata: metadata ?? '',
          })),
      )
    },
    deleteBefore: async (offsets) => {
      for (const [topic, all] of Map.groupBy(offsets, (each) => each.topic)) await deleteBefore(connection, topic, all)
    },
    members: async (group) => {
      const { groups } = await connection.ask((admin) => admin.describeGroups([group]))
      return groups.flatMap(({ members }) => members.map(({ clientId }) => clientId))
    },
  }
}

type Before = { readonly partition: number; readonly offset: bigint }

/** kafkajs must have asked for the topic before, or it does not know the leaders (facts E5); and its own refusal says nothing. */
async function deleteBefore(connection: AdminConnection, topic: string, before: readonly Before[]): Promise<void> {
  const ranges = await connection.ask((admin) => admin.fetchTopicOffsets(topic), topic)
  const beyond = before.find(({ partition, offset }) => {
    const range = ranges.find((each) => each.partition === partition)
    return !range || offset > BigInt(range.high)
  })
  if (beyond) throw refused(`${topic}/${beyond.partition} ends before ${beyond.offset}`)
  const partitions = before.map(({ partition, offset }) => ({ partition, offset: String(offset) }))
  await connection.ask(async (admin) => {
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions }).catch((error: unknown) => {
      throw reasonsOfPartitions(error)[0] ?? error
    })
  }, topic)
}

const unsettled = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_LOAD_IN_PROGRESS'])

/** The first question about a group of a new cluster, or after a move, comes before its coordinator is ready. */
async function whenCoordinated<T>(question: () => Promise<T>): Promise<T> {
  for (const end = systemClock.now() + coordinatorMs; ; await systemClock.sleep(pollMs)) {
    try {
      return await question()
    } catch (error) {
      if (!unsettled.has(kafkaType(error) ?? '') || systemClock.now() > end) throw error
    }
  }
}

async function describe(admin: KafkaAdmin, names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
  const all = new Set(await admin.listTopics())
  const topics = [...new Set(names)].filter((name) => all.has(name))
  if (topics.length === 0) return new Map()
  const { topics: metadata } = await admin.fetchTopicMetadata({ topics })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: topicResource, name })),
  })
  const entriesOf = (topic: string) => resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? []
  return new Map(
    metadata.map(({ name, partitions }) => [
      name,
      {
        name,
        partitions: partitions.length,
        replicas: partitions[0]?.replicas.length ?? 0,
        config: Object.fromEntries(
          entriesOf(name)
            .filter(({ configSource }) => configSource === topicSource)
            .map(({ configName, configValue }) => [configName, configValue]),
        ),
        maxMessageBytes: Number(entriesOf(name).find(({ configName }) => configName === maxBytes)?.configValue),
      },
    ]),
  )
}

async function createMissing(admin: KafkaAdmin, topics: readonly TopicSpec[]): Promise<void> {
  try {
    await admin.createTopics({
      waitForLeaders: false, // it may throw although the topic was made (facts E4)
      timeout: 8_000,
      topics: topics.map(({ name, partitions, replicas, config }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      })),
    })
  } catch (error) {
    const others = refusals(error).filter((each) => kafkaType(each) !== 'TOPIC_ALREADY_EXISTS')
    if (others.some((each) => kafkaType(each) === undefined)) throw error
    const reasons = [...Map.groupBy(others, (each) => reasonOf(each))].map(
      ([reason, all]) => `${all.map((each) => (each as { topic?: string }).topic).join(', ')}: ${reason}`,
    )
    if (others.length > 0) throw refused(`some topics were not created: ${reasons.join('; ')}`, error)
  }
}

type Count = Pick<TopicSpec, 'name' | 'partitions'>

/** Repeatable: the broker refuses a count that a topic has already. */
async function addMissing(admin: KafkaAdmin, topics: readonly Count[]): Promise<void> {
  const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) })
  const counts = new Map(found.map(({ name, partitions }) => [name, partitions.length]))
  const topicPartitions = topics
    .filter(({ name, partitions }) => counts.get(name) !== partitions)
    .map(({ name, partitions }) => ({ topic: name, count: partitions }))
  if (topicPartitions.length > 0) await admin.createPartitions({ topicPartitions, timeout: 8_000 })
}

const settling = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'])

/**
 * Waits until every partition has a leader that answers, so that whoever comes next can use it: the controller names a
 * leader before the broker knows that it is one.
 */
async function leaders(admin: KafkaAdmin, topics: readonly Count[]): Promise<void> {
  for (const end = systemClock.now() + leadersMs; ; await systemClock.sleep(pollMs)) {
    if (await answering(admin, topics)) return
    if (systemClock.now() > end) {
      const names = topics.map(({ name }) => name).join(', ')
      throw unavailable(`no leader for some of ${names} within ${leadersMs} ms`)
    }
  }
}

async function answering(admin: KafkaAdmin, topics: readonly Count[]): Promise<boolean> {
  const names = topics.map(({ name }) => name)
  try {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: names })
    const isWhole = (topic: Count): boolean => {
      const { partitions = [] } = found.find(({ name }) => name === topic.name) ?? {}
      return partitions.length >= topic.partitions && partitions.every(({ leader }) => leader >= 0)
    }
    if (!topics.every(isWhole)) return false
    for (const name of names) await admin.fetchTopicOffsets(name)
    return true
  } catch (error) {
    if (settling.has(kafkaType(error) ?? '')) return false
    throw error
  }
}
