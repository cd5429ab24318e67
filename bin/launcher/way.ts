// The two ways to Kafka and a registry: Docker where it runs, else Java and Maven. A folder keeps to the way it was first
// launched in, for its data are there.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ErrandError } from '../../app/errors.ts'
import { registryUrl } from './apicurio.ts'
import { dockerMark, endContainers, prepareDocker } from './dockerWay.ts'
import { prepareJava } from './javaWay.ts'
import { endLeftovers, folderMark } from './leftovers.ts'
import { claimPort, host, kafkaPortVariable, registryPortVariable } from './port.ts'
import { refusal } from './refusal.ts'
import type { Servers, StartOptions } from './servers.ts'

export type Way = 'docker' | 'java'

export type WayOptions = Omit<StartOptions, 'kafkaPorts'> & {
  /** Of the first broker, the next ones follow; 0 = any free ports. */
  readonly kafkaPort: number
  /** 1, or 3, which only Java can. */
  readonly brokers: number
}

const prepare = { docker: prepareDocker, java: prepareJava } as const
const names = { docker: 'with Docker', java: 'with Java' } as const

/** Ends what a killed launch has left, chooses a way and starts. Throws what is wrong, an `ErrandError` with its remedy. */
export async function startServers(options: WayOptions): Promise<{
  readonly servers: Servers
  readonly way: Way
  readonly brokers: readonly string[]
  readonly registryUrl: string
}> {
  const { home, onProgress, signal } = options
  const { way, start } = await choose(options)
  await endLeft(home, { deleteData: false, signal })
  const kafkaPorts: number[] = []
  for (let index = 0; index < options.brokers; index++)
    kafkaPorts.push(
      await claimPort(options.kafkaPort && options.kafkaPort + index, `Kafka broker ${index + 1}`, kafkaPortVariable),
    )
  const registryPort = await claimPort(options.registryPort, 'The schema registry', registryPortVariable)
  const brokers = kafkaPorts.map((port) => `${host}:${port}`)
  onProgress(`Starting Kafka (${brokers.join(', ')}) and the schema registry ${names[way]}`)
  const servers = await start({ ...options, kafkaPorts, registryPort })
  return { servers, way, brokers, registryUrl: registryUrl(registryPort) }
}

type Chosen = { readonly way: Way; readonly start: (options: StartOptions) => Promise<Servers> }

async function choose({ home, brokers, onProgress, signal }: WayOptions): Promise<Chosen> {
  const chosen = async (way: Way): Promise<Chosen> => ({ way, start: await prepare[way](onProgress, signal) })
  const asked = askedWay()
  const known = knownWay(home)
  if (asked !== undefined && known !== undefined && asked !== known) throw otherWay(home, known)
  const only = brokers > 1 ? 'java' : asked
  if (only !== undefined) return chosen(only)
  if (known !== undefined) {
    const found = await chosen(known).catch(refused)
    if (!(found instanceof ErrandError)) return found
    throw new ErrandError(found.code, `The data of ${home} are from a launch ${names[known]}. ${found.message}`)
  }
  const noDocker = await chosen('docker').catch(refused)
  if (!(noDocker instanceof ErrandError)) return noDocker
  if (noDocker.code !== 'docker-missing') onProgress(`${withoutRemedy(noDocker)}; trying Java instead`)
  const noJava = await chosen('java').catch(refused)
  if (!(noJava instanceof ErrandError)) return noJava
  throw new ErrandError(
    'no-broker',
    `There is no Kafka to use, and no way to launch one. Any of these will do:
- a cluster that runs already, named by KAFKA_BROKERS and SCHEMA_REGISTRY_URL, which are not set;
- Docker: ${withoutRemedy(noDocker)}
- Java 17 and Maven: ${withoutRemedy(noJava)}`,
  )
}

/** A refusal as a value; anything else is thrown on. */
const refused = (error: unknown): ErrandError => {
  if (error instanceof ErrandError) return error
  throw error
}

const withoutRemedy = ({ message }: Error): string => message.slice(0, message.lastIndexOf('\n'))

/** What ERRAND_LAUNCHER says. Throws `invalid-configuration`. */
export function askedWay(): Way | undefined {
  const asked = process.env.ERRAND_LAUNCHER || undefined
  if (asked === undefined || asked === 'docker' || asked === 'java') return asked
  throw new ErrandError('invalid-configuration', `ERRAND_LAUNCHER is "${asked}", and must be docker or java`)
}

/** Where the data of a folder are, if it has any. */
export const knownWay = (home: string): Way | undefined =>
  existsSync(dockerMark(home)) ? 'docker' : existsSync(join(home, 'kafka', 'cluster.json')) ? 'java' : undefined

export const otherWay = (home: string, known: string): Error =>
  refusal(
    'other-way',
    `ERRAND_LAUNCHER asks for another way than the one that ${home} was launched in: ${known}. Its data are there.`,
    'Leave ERRAND_LAUNCHER unset, choose another folder, delete the data (errand reset)',
  )

/** Ends what a launch that was killed has left, by the holder of the folder's lock; tells whether there was anything. */
export async function endLeft(
  home: string,
  { deleteData, signal }: { readonly deleteData: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  const processes = await endLeftovers(folderMark(home), signal)
  const containers = existsSync(dockerMark(home)) && (await endContainers(home, { deleteData }))
  return processes || containers
}
