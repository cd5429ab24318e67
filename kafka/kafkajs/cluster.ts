// kafkajs's own picture of the cluster, which it gives to assigners only. Two things need it: reading outside a group, and
// commits that carry the generation in which they were decided.
import type { Broker, Cluster } from 'kafkajs'
import type { Client } from './client.ts'

/** A coordinator's answer to a member that joins. */
export type JoinAnswer = { readonly memberId: string; readonly generationId: number; readonly coordinator: Coordinator }

export type Coordinator = Broker & {
  readonly nodeId: string
  joinGroup(request: unknown): Promise<{ readonly memberId: string; readonly generationId: number }>
}

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

/**
 * Tells every answer to a join. The GROUP_JOIN event does not carry the generation, and kafkajs's own commits are stamped
 * with that of the moment in which they are sent or repeated, so an old decision can pass as a new one (facts B7).
 */
export function overhearJoins(cluster: Cluster, tell: (answer: JoinAnswer) => void): void {
  const find = cluster.findGroupCoordinator.bind(cluster)
  const heard = new WeakSet<Broker>()
  cluster.findGroupCoordinator = async (group) => {
    const coordinator = (await find(group)) as Coordinator
    if (!heard.has(coordinator)) {
      heard.add(coordinator)
      const join = coordinator.joinGroup.bind(coordinator)
      coordinator.joinGroup = async (request) => {
        const answer = await join(request)
        tell({ memberId: answer.memberId, generationId: answer.generationId, coordinator })
        return answer
      }
    }
    return coordinator
  }
}
