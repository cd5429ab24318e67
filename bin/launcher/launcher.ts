// The broker launcher, for development only: Kafka and a schema registry on the loopback address, from the user's own Java
// and Maven. Data stay in the folder from one launch to the next; no process stays behind, however this one ends.
import { mkdir, realpath } from 'node:fs/promises'
import { registryUrl, startApicurio } from './apicurio.ts'
import { findJava } from './java.ts'
import { type Kafka, type Node, startKafka } from './kafka.ts'
import { endLeftovers, folderMark } from './leftovers.ts'
import { lockFolder } from './lock.ts'
import { findJars } from './maven.ts'
import { claimPort, freePort, host } from './port.ts'

export type LaunchOptions = {
  /** Holds `kafka/` and `registry/`; made if it is not there. Launched again, it has the same topics and schema ids. */
  readonly folder: string
  /** Of the first broker, the next ones follow; 0 = any free ports. */
  readonly kafkaPort?: number
  /** 0 = any free port. */
  readonly registryPort?: number
  /** 1, or 3 with replication 3. */
  readonly brokers?: 1 | 3
  /** Told what is being done, for a person who waits. */
  readonly onProgress?: (step: string) => void
  /** Gives up, at any moment, and leaves nothing running. Of no effect on what runs: that is `stop`'s. */
  readonly signal?: AbortSignal
}

export type System = AsyncDisposable & {
  /** `host:port` each. */
  readonly brokers: readonly string[]
  /** Of Confluent's API. */
  readonly registryUrl: string
  /** Resolves, with which and how, when a server has ended that was not told to. */
  readonly ended: Promise<string>
  /** Stops one broker cleanly and starts it again; resolves when it is ready. */
  restartBroker(index: number): Promise<void>
  /** Stops both, cleanly where that takes no longer than 10 s each; resolves when no process is left. */
  stop(): Promise<void>
}

/**
 * Launches Kafka and the registry; resolves when both answer. Throws the signal's reason, or an `ErrandError` with the
 * remedy in its message: `already-running`, `port-taken`, `java-missing`, `java-too-old`, `maven-missing`,
 * `download-failed`, `server-failed`, `broker-count`.
 */
export async function launch({
  folder,
  kafkaPort = 9092,
  registryPort = 8081,
  brokers = 1,
  onProgress = () => undefined,
  signal = new AbortController().signal,
}: LaunchOptions): Promise<System> {
  await using opened = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true })
  const home = await realpath(folder)
  const lock = opened.use(lockFolder(home))
  await endLeftovers(folderMark(home), signal)
  const nodes = await claimNodes(kafkaPort, brokers)
  const address = {
    brokers: nodes.map(({ port }) => `${host}:${port}`),
    registryUrl: registryUrl(await claimPort(registryPort, 'The schema registry')),
  }
  lock.tell({ pid: process.pid, ...address })
  const java = [await findJava(signal), folderMark(home), '-XX:+UseSerialGC', '-Djava.awt.headless=true']
  const jars = await findJars(onProgress, signal)
  onProgress(`Starting Kafka (${address.brokers.join(', ')}) and the schema registry`)
  const port = Number(new URL(address.registryUrl).port)
  const registry = opened.use(await startApicurio({ folder: home, java, jar: jars.apicurioJar, port, signal }))
  const kafka = opened.use(await startKafka({ folder: home, java, classpath: jars.kafkaClasspath, nodes, signal }))
  await Promise.all([registry.ready, kafka.ready])
  const registryEnded = registry.ended.then((how) => `The schema registry has ended: ${how}`)
  return running({ ...address, ended: Promise.race([kafka.ended, registryEnded]) }, kafka, opened.move())
}

const running = (
  known: Pick<System, 'brokers' | 'registryUrl' | 'ended'>,
  kafka: Kafka,
  opened: AsyncDisposableStack,
): System => {
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= opened.disposeAsync()
    return stopped
  }
  return { ...known, restartBroker: kafka.restart, stop, [Symbol.asyncDispose]: stop }
}

async function claimNodes(kafkaPort: number, brokers: number): Promise<Node[]> {
  const nodes: Node[] = []
  for (let index = 0; index < brokers; index++)
    nodes.push({
      port: await claimPort(kafkaPort === 0 ? 0 : kafkaPort + index, `Kafka broker ${index + 1}`),
      controllerPort: await freePort(),
    })
  return nodes
}
