// A consumer of kafkajs with Errand's settings (facts, "Settings").
import { setImmediate as turn } from 'node:timers/promises'
import type { Batch, Cluster, Consumer } from 'kafkajs'
import type { Assigner, Assignment, TopicPartition } from '../log.ts'
import { unknownTopic } from '../logErrors.ts'
import { kafkaAssigner } from './assigner.ts'
import { type Client, patient } from './client.ts'
import { kafkaType } from './errors.ts'

/** How long a rebalance waits for members that are slow to join. */
export const rebalanceTimeoutMs = 20_000

export type ConsumerOptions = {
  readonly group: string
  readonly sessionTimeoutMs: number
  readonly assigner: Assigner
  /** Given kafkajs's picture of the cluster when the consumer is made. */
  readonly onCluster: (cluster: Cluster) => void
  /** Asked after a crash that may heal, before the consumer starts again; it may take its time. */
  readonly mayRestart: () => Promise<boolean>
}

/** It connects nothing yet. */
export const openConsumer = (
  { kafka }: Client,
  { group, sessionTimeoutMs, assigner, onCluster, mayRestart }: ConsumerOptions,
): Consumer =>
  kafka.consumer({
    groupId: group,
    // without `patient` a consumer's own default of 5 retries wins over the client's
    retry: { ...patient, restartOnFailure: mayRestart },
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.min(1_000, Math.floor(sessionTimeoutMs / 3)),
    rebalanceTimeout: rebalanceTimeoutMs,
    maxWaitTimeInMs: 250,
    // About a window (consumers/partition.ts) of small records: what is fetched beyond it fills the memory, and is fetched again.
    maxBytesPerPartition: 262_144,
    maxBytes: 3_145_728,
    metadataMaxAge: 30_000,
    allowAutoTopicCreation: false,
    partitionAssigners: [kafkaAssigner(assigner, onCluster)],
  })

/** Rejects with `unknown-topic`. */
export async function subscribe(consumer: Consumer, topics: readonly string[]): Promise<void> {
  try {
    // fromBeginning: an offset that is gone must never mean "skip to the end" (facts B11)
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
  } catch (error) {
    if (kafkaType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') throw unknownTopic(topics.join(', '))
    throw error
  }
}

/**
 * Hands over batches, and gives each a turn of the event loop before kafkajs asks for more: a window that quick handlers empty
 * in it is open again. Else, where all other partitions are empty, that question would wait for them for `maxWaitTimeInMs`.
 */
export const run = (consumer: Consumer, onBatch: (batch: Batch) => void): Promise<void> =>
  consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      onBatch(batch)
      await turn()
    },
  })

/** As kafkajs takes them. */
export const asTopicPartitions = (partitions: readonly TopicPartition[]) =>
  partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] }))

export const asAssignment = (partitionsOf: Readonly<Record<string, readonly number[]>>): Assignment =>
  new Map(Object.entries(partitionsOf).map(([topic, partitions]) => [topic, partitions.toSorted((a, b) => a - b)]))
