// Can every broker of KAFKA_BROKERS be reached as the configuration says, and does the cluster serve what Errand needs?
import { diagnoseBroker } from '../../kafka/kafkajs/brokerCheck.ts'
import type { Served } from '../../kafka/kafkajs/clusterFacts.ts'
import type { Told } from '../../process/finding.ts'
import { type Check, type Examined, verdict } from './check.ts'

export const brokers: Check = {
  name: 'brokers',
  needsKafka: false,
  ask: async (examined) => {
    const { config, kafka, facts } = examined
    const unreachable = await unreachableBrokers(examined)
    if (unreachable.length === config.kafka.brokers.length) return { kind: 'found', findings: unreachable }
    const count = await kafka.admin.brokers()
    const served = await facts.served()
    const lacking = lackingRequests(served)
    const findings = [...unreachable, ...lacking, ...alone(count, config.kafka.brokers)]
    return verdict(findings, `${count} ${count === 1 ? 'broker' : 'brokers'}, Kafka ${releaseOf(served)}`)
  },
}

/** Those of KAFKA_BROKERS, each asked by itself: a client is content with the first that answers. */
async function unreachableBrokers({ config: { kafka } }: Examined): Promise<readonly Told[]> {
  const asked = kafka.brokers.map((broker) => diagnoseBroker({ ...kafka, brokers: [broker] }))
  return (await Promise.all(asked)).flatMap((way) =>
    way.kind === 'ok' ? [] : [{ problem: way.problem, remedy: way.remedy }],
  )
}

/** Requests that Errand makes and that not everything that calls itself Kafka serves, with what they are for. */
const needed: readonly (readonly [request: number, version: number, what: string])[] = [
  [0, 7, 'records as Errand writes them'],
  [1, 11, 'fetches as Errand reads them'],
  [22, 0, 'idempotent producers'],
  [28, 0, 'transactions that move a group (delayed retries)'],
  [32, 0, 'the configuration of topics'],
]

export function lackingRequests(served: Served): readonly Told[] {
  const lacking = needed.filter(([request, version]) => (served.get(request)?.max ?? -1) < version)
  if (lacking.length === 0) return []
  const what = lacking.map(([, , each]) => each).join(', ')
  return [
    {
      problem: `the brokers do not serve ${what}`,
      remedy: 'use Apache Kafka 2.3 or newer; 4.2 is what Errand is tested with',
    },
  ]
}

/** The protocol does not tell the release. 4.0 took old versions of fetch away (KIP-896). */
export const releaseOf = (served: Served): string => ((served.get(1)?.min ?? 0) >= 4 ? '4.0 or newer' : 'before 4.0')

/** Fewer than three brokers hold one replica of everything. On this machine that is how it is meant. */
export function alone(count: number, addresses: readonly string[]): readonly Told[] {
  const isLocal = addresses.every((address) => /^(localhost|127\.[\d.]+|\[?::1\]?):\d+$/.test(address))
  if (count >= 3 || isLocal) return []
  const problem = `the cluster has ${count} ${count === 1 ? 'broker' : 'brokers'}, so every topic has one replica: with its disk acknowledged requests are lost`
  return [
    {
      problem,
      remedy: 'run three brokers, and raise the replicas of the topics that exist (kafka-reassign-partitions.sh)',
    },
  ]
}
