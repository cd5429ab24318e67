// Kafka in KRaft mode: one node, or three with replication 3, each broker and controller in one. Every path that Kafka is
// given is relative to `<folder>/kafka`, for its properties files know Latin-1 only.
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './child.ts'
import { host } from './port.ts'
import { refusal } from './refusal.ts'
import { type Server, startServer, tail } from './server.ts'

export type Node = { readonly port: number; readonly controllerPort: number }

export type Kafka = AsyncDisposable & {
  readonly ready: Promise<void>
  /** Resolves, with which and how, when a broker has ended that was not told to. */
  readonly ended: Promise<string>
  /** Stops one broker cleanly (SIGTERM) and starts it again; resolves when it is ready. */
  restart(index: number): Promise<void>
  /** Ends one broker, cleanly or by SIGKILL; it is not missed in `ended`. */
  stop(index: number, how: 'cleanly' | 'killed'): Promise<void>
  /** Starts one that was stopped, with its data; resolves when it is ready. */
  start(index: number): Promise<void>
}

type KafkaOptions = {
  readonly folder: string
  /** The command with its options. */
  readonly java: readonly string[]
  readonly classpath: string
  readonly nodes: readonly Node[]
  readonly signal: AbortSignal
}

/** Starts the nodes; their data and logs are in `<folder>/kafka`. */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const { folder, nodes } = options
  const cwd = join(folder, 'kafka')
  await mkdir(cwd, { recursive: true })
  await writeFile(join(cwd, 'log4j2.properties'), log4j)
  for (const index of nodes.keys()) await writeFile(join(cwd, propertiesFile(index)), brokerProperties(nodes, index))
  await format(cwd, options)
  const { promise: ended, resolve: end } = Promise.withResolvers<string>()
  const told = new Set<Server>()
  const stopNode = (server: Server, how: 'cleanly' | 'killed'): PromiseLike<void> => {
    told.add(server)
    return how === 'killed' ? server.kill() : server[Symbol.asyncDispose]()
  }
  const begin = (index: number): Server => {
    const server = startNode(cwd, index, options)
    const how = (text: string): void => void (told.has(server) || end(`Kafka broker ${index + 1} has ended: ${text}`))
    server.ended.then(how, (error: Error) => how(error.message))
    return server
  }
  const servers = [...nodes.keys()].map(begin)
  const stop = async (index: number, how: 'cleanly' | 'killed'): Promise<void> => stopNode(servers[index]!, how)
  const start = (index: number): Promise<void> => {
    servers[index] = begin(index)
    return servers[index].ready
  }
  const ready = Promise.all(servers.map((server) => server.ready)).then(() => undefined)
  ready.catch(() => undefined) // told to whoever awaits it, which may be later
  return {
    ready,
    ended,
    stop,
    start,
    restart: (index) => stop(index, 'cleanly').then(() => start(index)),
    [Symbol.asyncDispose]: async () => void (await Promise.all(servers.map((server) => stopNode(server, 'cleanly')))),
  }
}

const propertiesFile = (index: number): string => `broker-${index + 1}.properties`

const kafkaCommand = ({ java }: KafkaOptions, ...rest: readonly string[]): string[] => [
  ...[...java, '-Dlog4j2.configurationFile=log4j2.properties'],
  ...rest,
]

/** Three nodes are for tests, which are over soon: the second compiler costs 40 % of a start and would not pay. */
const jvmOf = ({ nodes }: KafkaOptions): string[] =>
  nodes.length === 1 ? ['-Xmx512m'] : ['-Xmx384m', '-XX:TieredStopAtLevel=1']

const startNode = (cwd: string, index: number, options: KafkaOptions): Server =>
  startServer(kafkaCommand(options, ...jvmOf(options), 'kafka.Kafka', propertiesFile(index)), {
    name: `Kafka broker ${index + 1}`,
    logFile: join(cwd, `broker-${index + 1}.log`),
    cwd,
    env: { CLASSPATH: options.classpath },
    // Written after the controller has unfenced the broker: from then on topics can be created on it.
    isReady: (log) => log.includes('Kafka Server started'),
    signal: options.signal,
  })

/**
 * Formats the data directories, once; `cluster.json` is written after that, so what an interrupted format left is thrown
 * away. Throws `broker-count` where the folder holds a cluster of another size.
 */
async function format(cwd: string, options: KafkaOptions): Promise<void> {
  const brokers = options.nodes.length
  const mark = join(cwd, 'cluster.json')
  const known = await readFile(mark, 'utf8').catch(() => undefined)
  if (known !== undefined) return checkSize(cwd, JSON.parse(known).brokers, brokers)
  const clusterId = randomBytes(16).toString('base64url')
  for (const index of options.nodes.keys()) await formatNode(cwd, index, clusterId, options)
  await writeFile(`${mark}.new`, JSON.stringify({ clusterId, brokers }))
  await rename(`${mark}.new`, mark)
}

async function formatNode(cwd: string, index: number, clusterId: string, options: KafkaOptions): Promise<void> {
  await rm(join(cwd, `broker-${index + 1}`), { recursive: true, force: true })
  const said: string[] = []
  const end = await run(
    [
      ...kafkaCommand(options, '-Xmx256m', '-XX:TieredStopAtLevel=1', 'kafka.tools.StorageTool', 'format'),
      ...[`--cluster-id=${clusterId}`, '--config', propertiesFile(index)], // an id may begin with a dash
    ],
    { cwd, env: { CLASSPATH: options.classpath }, output: (line) => void said.push(line), signal: options.signal },
  )
  if (end === 'exit code 0') return
  throw refusal('server-failed', `Kafka could not format ${cwd} (${end}):\n${tail(said.join('\n'))}`, 'Mend that')
}

function checkSize(cwd: string, known: number, wanted: number): void {
  if (known === wanted) return
  throw refusal(
    'broker-count',
    `${cwd} holds the data of ${known} broker${known === 1 ? '' : 's'}, and cannot be started with ${wanted}.`,
    'Choose another folder',
  )
}

/** One node's settings. Defaults of Kafka 4.2 stay where no reason is given. */
export function brokerProperties(nodes: readonly Node[], index: number): string {
  const { port, controllerPort } = nodes[index]!
  const replicas = nodes.length
  const isr = Math.min(2, replicas)
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': index + 1,
    'controller.quorum.voters': nodes.map((node, at) => `${at + 1}@${host}:${node.controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'log.dirs': `broker-${index + 1}`,
    'default.replication.factor': replicas,
    'min.insync.replicas': isr,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': isr,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': isr,
    // 50 by default, for clusters: twelve are opened sooner, and make a first consumer or transaction wait less.
    'offsets.topic.num.partitions': 12,
    'transaction.state.log.num.partitions': 12,
    // A topic is made by `errand topics apply` and by nobody's typing error.
    'auto.create.topics.enable': false,
    // 3 s by default, for fleets that start together: an empty group of a laptop need not wait for more members.
    'group.initial.rebalance.delay.ms': 0,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

const log4j = `rootLogger.level = info
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %m (%c{1})%n
`
