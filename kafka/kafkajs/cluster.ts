// kafkajs's own picture of the cluster, which it gives to assigners only. It is needed for reading outside a
// group, for commits that carry the generation in which they were decided, for both producers, and for a diagnosis.
import type { Socket } from 'node:net'
import type { Cluster } from 'kafkajs'
import type { Client } from './client.ts'
import { failedAddress } from './errors.ts'

/** A cluster of its own, of a consumer that never runs. Connect it, and disconnect it. */
export function openCluster({ kafka }: Client): Cluster {
  let found: Cluster | undefined
  kafka.consumer({
    groupId: 'none', // it never joins
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        }
      },
    ],
  })
  if (!found) throw new TypeError('kafkajs made a consumer without its assigner')
  return found
}

/** What a request that got no answer in time ends with, and what kafkajs says of a connection whose very first one did. */
const silence = /^Request .* timed out$|^Broker not connected$/

/** What kafkajs' types leave out. */
type Connection = {
  readonly broker: string
  readonly socket?: Socket
  chunks: Buffer[]
  bytesBuffered: number
  bytesNeeded: number
}
type WithPool = {
  readonly brokerPool: {
    readonly seedBroker?: WithConnections
    readonly brokers: Readonly<Record<string, WithConnections>>
  }
}
type WithConnections = { readonly connectionPool: { readonly pool: readonly Connection[] } }

/**
 * Ends the connections to a broker that did not answer, where this is what the error says, so that the next try makes new
 * ones. kafkajs keeps them: where the way is dead it would ask on it for as long as the operating system does, a quarter of
 * an hour; and a broker that was connected to while it was silent stays "not connected" until it ends an idle connection.
 */
export function cutSilent(cluster: Cluster, error: unknown): void {
  if (!(error instanceof Error && silence.test(error.message))) return
  const { seedBroker, brokers } = (cluster as unknown as WithPool).brokerPool
  const address = failedAddress(error)
  for (const { connectionPool } of new Set([...(seedBroker ? [seedBroker] : []), ...Object.values(brokers)]))
    for (const connection of connectionPool.pool) {
      if (address !== undefined && connection.broker !== address) continue
      connection.socket?.destroy(error) // an error is what kafkajs takes notice of
      // Of an answer that came in part it would take the next connection's first one for the rest.
      Object.assign(connection, { chunks: [], bytesBuffered: 0, bytesNeeded: 4 })
    }
}
