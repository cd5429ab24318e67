// What only a diagnosis asks of a cluster: which requests its brokers serve, who is in a group, how a broker is configured.
// Every question may reject as those of `log.ts`' Admin do.
import { AdminConnection } from './adminConnection.ts'
import { brief, type ClientOptions, openClient } from './client.ts'
import { openCluster } from './cluster.ts'

export type GroupState = {
  /** As the broker says: `Stable`, `Empty` where nobody is in it, `Dead` where nobody has ever been. */
  readonly state: string
  readonly members: number
}

/** Versions of each of the protocol's requests, by its number (https://kafka.apache.org/protocol). */
export type Served = ReadonlyMap<number, { readonly min: number; readonly max: number }>

export type ClusterFacts = {
  served(): Promise<Served>
  groups(ids: readonly string[]): Promise<ReadonlyMap<string, GroupState>>
  /** Of one broker, also what is a default; a name that it does not know is left out. */
  brokerConfig(names: readonly string[]): Promise<ReadonlyMap<string, string>>
  close(): Promise<void>
}

/** kafkajs's ConfigResourceTypes.BROKER, which it does not export to ES modules. */
const brokerResource = 4

/** Connects nothing yet. */
export function clusterFacts(options: ClientOptions): ClusterFacts {
  const connection = new AdminConnection(options)
  return {
    served: () => served(options),
    groups: async (ids) => {
      const { groups } = await connection.ask((admin) => admin.describeGroups([...ids]))
      return new Map(groups.map(({ groupId, state, members }) => [groupId, { state, members: members.length }]))
    },
    brokerConfig: (names) =>
      connection.ask(async (admin) => {
        const { brokers } = await admin.describeCluster()
        const name = String(brokers[0]?.nodeId)
        const { resources } = await admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: brokerResource, name, configNames: [...names] }],
        })
        return new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]))
      }),
    close: () => connection.close(),
  }
}

/** kafkajs learns it of every broker and tells nobody. */
async function served(options: ClientOptions): Promise<Served> {
  const cluster = openCluster(openClient(options, brief))
  try {
    await cluster.connect()
    await cluster.refreshMetadata()
    const { versions } = (await cluster.findControllerBroker()) as unknown as { readonly versions: Versions }
    return new Map(
      Object.entries(versions).map(([key, { minVersion: min, maxVersion: max }]) => [Number(key), { min, max }]),
    )
  } finally {
    await cluster.disconnect()
  }
}

type Versions = Readonly<Record<string, { readonly minVersion: number; readonly maxVersion: number }>>
