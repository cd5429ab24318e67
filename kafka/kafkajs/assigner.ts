// Our pure assigner in the form that kafkajs calls. Wire format: ConsumerProtocolSubscription and -Assignment version 0.
import { AssignerProtocol, type Cluster, type PartitionAssigner } from 'kafkajs'
import type { Assigner, Assignment } from '../log.ts'

const { MemberMetadata, MemberAssignment } = AssignerProtocol
const version = 0

/** `onCluster` is given the consumer's cluster when the consumer is made. */
export const kafkaAssigner =
  (assigner: Assigner, onCluster: (cluster: Cluster) => void): PartitionAssigner =>
  ({ cluster }) => {
    onCluster(cluster)
    return {
      name: assigner.name,
      version,
      protocol: ({ topics }) => ({
        name: assigner.name,
        metadata: MemberMetadata.encode({ version, topics, userData: assigner.userData() }),
      }),
      assign: async ({ members }) => {
        const decoded = members.map(({ memberId, memberMetadata }) => {
          const { topics = [], userData } = MemberMetadata.decode(memberMetadata) ?? {}
          return { id: memberId, topics, userData: userData ?? Buffer.alloc(0) }
        })
        const counts = await countPartitions(cluster, [...new Set(decoded.flatMap(({ topics }) => topics))])
        const assigned = assigner.assign(decoded, counts)
        return decoded.map(({ id }) => ({
          memberId: id,
          memberAssignment: MemberAssignment.encode({
            version,
            assignment: plain(assigned.get(id) ?? new Map()),
            userData: Buffer.alloc(0),
          }),
        }))
      },
    }
  }

/** Other members may read topics that this one does not. */
async function countPartitions(cluster: Cluster, topics: string[]): Promise<ReadonlyMap<string, number>> {
  await cluster.addMultipleTargetTopics(topics)
  return new Map(topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]))
}

const plain = (assignment: Assignment): Record<string, number[]> =>
  Object.fromEntries([...assignment].map(([topic, partitions]) => [topic, [...partitions]]))
