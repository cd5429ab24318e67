// Kafka and the registry as children of ours, from the user's own Java and Maven. Data are in `<home>/kafka` and
// `<home>/registry`.
import { startApicurio } from './apicurio.ts'
import { findJava } from './java.ts'
import { startKafka } from './kafka.ts'
import { folderMark } from './leftovers.ts'
import { findJars } from './maven.ts'
import { freePort } from './port.ts'
import type { Servers, StartOptions } from './servers.ts'

/**
 * Finds or downloads what is needed, and returns what starts it.
 * Throws `java-missing`, `java-too-old`, `maven-missing`, `download-failed`.
 */
export async function prepareJava(
  onProgress: (step: string) => void,
  signal: AbortSignal,
): Promise<(options: StartOptions) => Promise<Servers>> {
  const java = await findJava(signal)
  const { kafkaClasspath, apicurioJar } = await findJars(onProgress, signal)
  return (options) => start(options, { java, kafkaClasspath, apicurioJar })
}

async function start(
  { home, kafkaPorts, registryPort, signal }: StartOptions,
  found: { readonly java: string; readonly kafkaClasspath: string; readonly apicurioJar: string },
): Promise<Servers> {
  await using opened = new AsyncDisposableStack()
  const nodes = await Promise.all(kafkaPorts.map(async (port) => ({ port, controllerPort: await freePort() })))
  const java = [found.java, folderMark(home), '-XX:+UseSerialGC', '-Djava.awt.headless=true']
  const common = { folder: home, java, signal }
  const registry = opened.use(await startApicurio({ ...common, jar: found.apicurioJar, port: registryPort }))
  const kafka = opened.use(await startKafka({ ...common, classpath: found.kafkaClasspath, nodes }))
  await Promise.all([registry.ready, kafka.ready])
  const registryEnded = registry.ended.then((how) => `The schema registry has ended: ${how}`)
  const stack = opened.move()
  return {
    ended: Promise.race([kafka.ended, registryEnded]),
    restartBroker: kafka.restart,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
