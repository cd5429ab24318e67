// Kafka and the registry as the containers of docker-compose.kafka.yml, a project of its own for each folder. Data are in the
// project's volumes; a file in the folder says so.
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageFolder } from '../package.ts'
import { registryUrl as urlOf } from './apicurio.ts'
import { type Child, run, startChild } from './child.ts'
import { folderDigest } from './leftovers.ts'
import { kafkaPortVariable, registryPortVariable } from './port.ts'
import { refusal } from './refusal.ts'
import { tail } from './server.ts'
import type { Servers, StartOptions } from './servers.ts'

const composeFile = join(packageFolder, 'docker-compose.kafka.yml')

/** The file that says that a folder's data are in Docker, and in which project. */
export const dockerMark = (home: string): string => join(home, 'docker-project')

/** Named after the folder that `.errand` lies in, for whoever reads `docker ps`; no two folders have the same. */
export const projectOf = (home: string): string =>
  ['errand', basename(dirname(home)), folderDigest(home).slice(0, 8)]
    .map((part) => part.toLowerCase().replaceAll(/[^a-z0-9]+/g, ''))
    .filter(Boolean)
    .join('-')

type Said = { readonly ok: boolean; readonly end: string; readonly lines: readonly string[] }
type DockerOptions = {
  readonly signal: AbortSignal
  readonly env?: Readonly<Record<string, string>>
  readonly onLine?: (line: string) => void
}

async function docker(args: readonly string[], { signal, env = {}, onLine }: DockerOptions): Promise<Said> {
  const lines: string[] = []
  const output = (line: string): void => {
    lines.push(line)
    onLine?.(line)
  }
  const end = await run(['docker', ...args], { cwd: '/', env, output, signal })
  return { ok: end === 'exit code 0', end, lines }
}

/** The same where an answer is soon there, or never; none is an answer too. */
async function ask(limitMs: number, args: readonly string[], signal: AbortSignal): Promise<Said> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
  return docker(args, { signal: limited }).catch((error: Error) => {
    signal.throwIfAborted()
    return { ok: false, end: error.message, lines: [`no answer within ${limitMs / 1_000} s`] }
  })
}

const compose = (home: string, ...args: string[]): string[] => [
  ...['compose', '--file', composeFile, '--project-name', projectOf(home)],
  ...args,
]

/** A daemon that is there answers in milliseconds; one whose machine is starting, or far away, may never. */
const answerMs = 10_000
/** Containers are given ten seconds to end (`down --timeout`), and Docker as long again to remove them. */
const downMs = 40_000

/**
 * Sees that Docker answers and has the images, downloads them otherwise, and returns what starts the containers.
 * Throws `docker-missing`, `docker-unavailable`, `image-missing`.
 */
export async function prepareDocker(
  onProgress: (step: string) => void,
  signal: AbortSignal,
): Promise<(options: StartOptions) => Promise<Servers>> {
  const version = await ask(answerMs, ['version', '--format', '{{.Server.Version}}'], signal)
  if (version.end === 'exit code 127') throw refusal('docker-missing', 'docker is not on the PATH.', 'Install Docker')
  if (!version.ok)
    throw refusal('docker-unavailable', `Docker is installed, and no daemon answers: ${lastOf(version)}`, 'Start it')
  if (!(await ask(answerMs, ['compose', 'version'], signal)).ok)
    throw refusal(
      'docker-unavailable',
      'Docker runs, and has no "docker compose".',
      'Install it (https://docs.docker.com/compose/install)',
    )
  for (const [, image] of readFileSync(composeFile, 'utf8').matchAll(/^ +image: (\S+)$/gm))
    if (!(await ask(answerMs, ['image', 'inspect', '--format', '-', image!], signal)).ok)
      await pull(image!, onProgress, signal)
  return start
}

const lastOf = ({ lines, end }: Said): string => lines.findLast((line) => line.trim() !== '') ?? end

async function pull(image: string, onProgress: (step: string) => void, signal: AbortSignal): Promise<void> {
  onProgress(`Downloading ${image} with Docker, once`)
  let layers = 0
  let done = 0
  const onLine = (line: string): void => {
    if (line.endsWith(': Pulling fs layer')) layers++
    if (line.endsWith(': Pull complete')) onProgress(`Downloading ${image}: ${++done} of ${layers} layers`)
  }
  const said = await docker(['pull', image], { signal, onLine })
  if (said.ok) return
  throw refusal(
    'image-missing',
    `Docker runs, and cannot get ${image}: ${lastOf(said)}`,
    `See that "docker pull ${image}" works (network, proxy, registry mirror)`,
  )
}

async function start({ home, kafkaPorts, registryPort, temporary, signal }: StartOptions): Promise<Servers> {
  const env = { [kafkaPortVariable]: String(kafkaPorts[0]), [registryPortVariable]: String(registryPort) }
  await writeFile(dockerMark(home), projectOf(home))
  await using opened = new AsyncDisposableStack()
  opened.defer(async () => void (await endContainers(home, { deleteData: temporary })))
  const up = async (...args: string[]): Promise<void> => {
    const said = await docker(compose(home, 'up', '--detach', '--wait', ...args), { signal, env })
    if (!said.ok) throw await notUp(home, said, signal)
  }
  await up()
  await seeFromHere(urlOf(registryPort), signal)
  const { promise: ended, resolve: end } = Promise.withResolvers<string>()
  const watched = new Map<string, Child>()
  opened.defer(() => unwatch('kafka', 'registry'))
  const watch = (service: string, name: string): void => {
    let last = ''
    const output = (line: string): void => {
      last = line // its exit code, or what is wrong with Docker
    }
    const child = startChild(['docker', 'wait', `${projectOf(home)}-${service}-1`], { cwd: '/', output })
    watched.set(service, child)
    void child.ended.then(() => {
      if (watched.get(service) === child) end(`${name} has ended: ${/^\d+$/.test(last) ? `exit code ${last}` : last}`)
    })
  }
  const unwatch = async (...services: string[]): Promise<void> => {
    for (const service of services) {
      const child = watched.get(service)
      watched.delete(service)
      await child?.[Symbol.asyncDispose]()
    }
  }
  const watchKafka = (): void => watch('kafka', 'Kafka')
  watchKafka()
  watch('registry', 'The schema registry')
  const stack = opened.move()
  return {
    ended,
    restartBroker: async () => {
      await unwatch('kafka')
      await docker(compose(home, 'stop', 'kafka'), { signal })
      await up('kafka')
      watchKafka()
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function notUp(home: string, said: Said, signal: AbortSignal): Promise<Error> {
  const logs = await docker(compose(home, 'logs', '--no-color', '--tail', '500'), { signal })
  const text = `Docker could not start Kafka and the registry: ${lastOf(said)}\nTheir last lines:\n${tail(logs.lines.join('\n'))}`
  return refusal('server-failed', text, 'Mend what they say')
}

/** Docker Desktop and rootless Docker forward a port some time after its container answers; a daemon elsewhere never does. */
async function seeFromHere(registryUrl: string, signal: AbortSignal): Promise<void> {
  const timeout = AbortSignal.timeout(answerMs)
  while (!timeout.aborted) {
    const answer = await fetch(`${registryUrl}/subjects`, { signal: AbortSignal.any([signal, timeout]) }).catch(
      () => undefined, // not yet
    )
    if (answer?.ok) return
    signal.throwIfAborted()
    await sleep(100)
  }
  throw refusal(
    'docker-unavailable',
    `The containers run, and ${registryUrl} cannot be reached from here: Docker seems to run on another machine.`,
    'Choose a Docker of this machine (docker context ls)',
  )
}

/** Stops and removes the folder's containers, and where asked for its volumes; resolves with whether there was anything. */
export async function endContainers(home: string, { deleteData }: { deleteData: boolean }): Promise<boolean> {
  const args = compose(home, 'down', '--timeout', '10', ...(deleteData ? ['--volumes'] : []))
  const said = await ask(downMs, args, new AbortController().signal)
  if (!said.ok) throw refusal('docker-unavailable', `Docker could not stop the containers: ${lastOf(said)}`, 'Start it')
  return said.lines.some((line) => line.includes('Removed'))
}
