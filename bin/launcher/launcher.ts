// The broker launcher, for development only: Kafka and a schema registry on the loopback address, from Docker, or from the
// user's own Java and Maven. Data stay from one launch of a folder to the next. Launches of one folder share what runs, as
// long as any of them lives; then no process stays behind, however they end.
import { mkdir, realpath } from 'node:fs/promises'
import { ErrandError } from '../../app/errors.ts'
import { aborted } from '../../process/lifecycle.ts'
import { joinKeeper } from './joining.ts'
import type { Link, ToUser } from './link.ts'
import { kafkaPortVariable, portFrom, registryPortVariable } from './port.ts'
import { refusal } from './refusal.ts'
import { askedWay, otherWay } from './way.ts'

export type LaunchOptions = {
  /** Whose broker it is; made if it is not there. Launched again, it has the same topics and schema ids. */
  readonly folder: string
  /** Of the first broker, the next ones follow; 0 = any free ports. Default: ERRAND_KAFKA_PORT, or 9092. */
  readonly kafkaPort?: number
  /** 0 = any free port. Default: ERRAND_REGISTRY_PORT, or 8081. Both are of no effect where it runs already. */
  readonly registryPort?: number
  /** 1, or 3 with replication 3, which always come from Java. */
  readonly brokers?: 1 | 3
  /** The folder will be deleted: nothing is to be kept elsewhere. */
  readonly temporary?: boolean
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
  /**
   * Uses them no more. The last one that does so stops both, cleanly where that takes no longer than 10 s each, and
   * resolves when nothing is left running.
   */
  stop(): Promise<void>
}

/**
 * Launches Kafka and the registry, or joins what was launched in this folder and runs; resolves when both answer. Takes
 * Docker if it runs, else Java and Maven, unless ERRAND_LAUNCHER names one of them (`docker`, `java`) or the folder has been
 * launched before. Throws the signal's reason, or an `ErrandError` with the remedy in its message: `no-broker`,
 * `port-taken`, `broker-count`, `other-way`, `already-running`, `server-failed`, `docker-missing`, `docker-unavailable`,
 * `image-missing`, `java-missing`, `java-too-old`, `maven-missing`, `download-failed`.
 */
export async function launch({
  folder,
  kafkaPort = portFrom(kafkaPortVariable, 9092),
  registryPort = portFrom(registryPortVariable, 8081),
  brokers = 1,
  temporary = false,
  onProgress = () => undefined,
  signal = new AbortController().signal,
}: LaunchOptions): Promise<System> {
  const asked = askedWay()
  await mkdir(folder, { recursive: true })
  const home = await realpath(folder)
  const link = await joinKeeper({ home, kafkaPort, registryPort, brokers, temporary }, signal)
  const { up, ended, restartBroker } = follow(link, onProgress)
  try {
    const known = await Promise.race([up, aborted(signal)])
    if (known === undefined) throw signal.reason
    if (known.brokers.length !== brokers)
      throw refusal(
        'broker-count',
        `Kafka of ${home} runs already, with ${known.brokers.length} of ${brokers} brokers.`,
        'End it',
      )
    if (asked !== undefined && asked !== known.way && brokers === 1) throw otherWay(home, known.way)
    return { ...known, ended, restartBroker, stop: link.leave, [Symbol.asyncDispose]: link.leave }
  } catch (error) {
    await link.leave()
    throw error
  }
}

type Up = Extract<ToUser, { readonly kind: 'up' }>

/** What the keeper tells, as promises. */
function follow(link: Link, onProgress: (step: string) => void) {
  const up = Promise.withResolvers<Up>()
  const ended = Promise.withResolvers<string>()
  const restarts = new Map<number, PromiseWithResolvers<void>>()
  up.promise.catch(() => undefined) // whoever gives up does not wait for it any more
  const gone = new ErrandError('server-failed', 'the process that keeps Kafka has gone')
  let waited = false
  link.listen((message) => {
    switch (message.kind) {
      case 'progress':
        waited = true
        return onProgress(message.step)
      case 'up':
        if (!waited) onProgress(`Using the Kafka of this folder that runs already (${message.brokers.join(', ')})`)
        return up.resolve(message)
      case 'failed':
        return up.reject(new ErrandError(message.code, message.message))
      case 'ended':
        up.reject(new ErrandError('server-failed', message.how))
        return ended.resolve(message.how)
      case 'restarted':
        if (message.problem === undefined) restarts.get(message.index)?.resolve()
        else restarts.get(message.index)?.reject(new ErrandError('server-failed', message.problem))
        return
      default:
        message satisfies never
    }
  })
  void link.closed.then(() => {
    up.reject(gone)
    if (!link.left()) ended.resolve('The process that keeps Kafka has gone')
    for (const restart of restarts.values()) restart.reject(gone)
  })
  const restartBroker = (index: number): Promise<void> => {
    const restarted = Promise.withResolvers<void>()
    restarts.set(index, restarted)
    link.tell({ kind: 'restart', index })
    return restarted.promise
  }
  return { up: up.promise, ended: ended.promise, restartBroker }
}
