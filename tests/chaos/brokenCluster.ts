// A cluster to break: Kafka of one broker or of three, and a registry, each a process that a test kills, stops and starts
// again with its data. From the launcher's own parts, which are children of this process and end with it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Cluster } from '../../bin/development.ts'
import { registryUrl, startApicurio } from '../../bin/launcher/apicurio.ts'
import { findJava } from '../../bin/launcher/java.ts'
import { type Kafka, startKafka } from '../../bin/launcher/kafka.ts'
import { findJars } from '../../bin/launcher/maven.ts'
import { freePort, host } from '../../bin/launcher/port.ts'

export type BrokenCluster = Cluster & {
  readonly kafka: Pick<Kafka, 'stop' | 'start' | 'restart'>
  readonly registry: { stop(): Promise<void>; start(): Promise<void> }
}

/** Starts it; it ends with the test. */
export async function brokenCluster(brokers: 1 | 3): Promise<BrokenCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-chaos-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const giveUp = new AbortController()
  const { signal } = giveUp
  const found = await findJava(signal)
  const { kafkaClasspath: classpath, apicurioJar: jar } = await findJars(() => undefined, signal)
  const common = { folder, java: [found, '-XX:+UseSerialGC', '-Djava.awt.headless=true'], signal }
  const nodes: { port: number; controllerPort: number }[] = []
  for (let index = 0; index < brokers; index += 1)
    nodes.push({ port: await freePort(), controllerPort: await freePort() })
  const port = await freePort()
  const startRegistry = () => startApicurio({ ...common, jar, port })
  let registry = await startRegistry()
  onTestFinished(async () => registry[Symbol.asyncDispose]())
  const kafka = await startKafka({ ...common, classpath, nodes })
  onTestFinished(async () => kafka[Symbol.asyncDispose]())
  await Promise.all([registry.ready, kafka.ready])
  return {
    brokers: nodes.map((node) => `${host}:${node.port}`),
    registryUrl: registryUrl(port),
    kafka,
    registry: {
      stop: async () => registry[Symbol.asyncDispose](),
      start: async () => {
        registry = await startRegistry()
        await registry.ready
      },
    },
  }
}
