// One real broker with a listener for every way in, and an authorizer: certificates and users are made for it. Only what
// connects without credentials, or as `alice`, is a super user; `bob` has no rights but those that a test gives him.
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../bin/launcher/child.ts'
import { findJava } from '../../../bin/launcher/java.ts'
import { brokerProperties } from '../../../bin/launcher/kafka.ts'
import { findJars } from '../../../bin/launcher/maven.ts'
import { freePort } from '../../../bin/launcher/port.ts'
import { startServer } from '../../../bin/launcher/server.ts'
import { type Authority, authority, type Issued } from '../../certificates.ts'

/**
 * `saslPlaintext` and `saslTls` take all three mechanisms; `expired` and `elsewhere` are TLS with such a certificate; `lost`
 * sends its clients to a name that does not exist.
 */
const listeners = {
  tls: 'SSL',
  mtls: 'SSL',
  saslPlaintext: 'SASL_PLAINTEXT',
  saslTls: 'SASL_SSL',
  scram512: 'SASL_SSL',
  expired: 'SSL',
  elsewhere: 'SSL',
  lost: 'PLAINTEXT',
} as const

export type Listener = 'plaintext' | keyof typeof listeners

export type SecuredBroker = {
  readonly address: Readonly<Record<Listener, string>>
  /** Who signed the broker's certificates, and whose clients it trusts. */
  readonly trusted: Authority
  readonly untrusted: Authority
  readonly client: Issued
  readonly folder: string
  /** Runs a tool of Kafka's, by its main class; resolves with what it said, and rejects where it failed. */
  tool(mainClass: string, ...args: readonly string[]): Promise<string>
} & AsyncDisposable

export const passwords = { alice: 'alices-password', bob: 'bobs-password' } as const

/** Starts it; takes about five seconds. */
export async function securedBroker(): Promise<SecuredBroker> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'errand-secured-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const [trusted, untrusted] = [await authority(folder, 'trusted'), await authority(folder, 'untrusted')]
  const names = ['plaintext', ...Object.keys(listeners)] as Listener[]
  const ports = new Map<Listener, number>()
  for (const name of names) ports.set(name, await freePort())
  await configure(folder, trusted, ports)
  const tool = await tools(folder)
  opened.use(await startBroker(folder, tool))
  const address = Object.fromEntries([...ports].map(([name, port]) => [name, `127.0.0.1:${port}`]))
  const client = await trusted.issue('client')
  const stack = opened.move()
  return {
    address: address as Record<Listener, string>,
    ...{ trusted, untrusted, client, folder, tool },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function configure(folder: string, trusted: Authority, ports: ReadonlyMap<Listener, number>): Promise<void> {
  const { pair } = await trusted.issue('broker')
  const expired = (await trusted.issue('broker', { days: -1 })).pair
  const elsewhere = (await trusted.issue('broker', { names: 'DNS:elsewhere.example' })).pair
  const node = { port: ports.get('plaintext')!, controllerPort: await freePort() }
  const own = Object.keys(listeners) as (keyof typeof listeners)[]
  const at = (name: string, port: number) => `${name.toUpperCase()}://127.0.0.1:${port}`
  const all = [...ports].map(([name, port]) => at(name, port))
  const keystores = { expired, elsewhere }
  const settings = {
    listeners: [...all, at('controller', node.controllerPort)].join(','),
    'advertised.listeners': all.join(',').replace(/(LOST:..)[^,]*/, '$1broker.invalid:9092'),
    'listener.security.protocol.map': [
      ...['CONTROLLER:PLAINTEXT', 'PLAINTEXT:PLAINTEXT'],
      ...own.map((name) => `${name.toUpperCase()}:${listeners[name]}`),
    ].join(','),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:alice;User:CN=client',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': trusted.cert,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': pair,
    'listener.name.mtls.ssl.client.auth': 'required',
    ...Object.fromEntries(
      Object.entries(keystores).map(([name, file]) => [`listener.name.${name}.ssl.keystore.location`, file]),
    ),
    ...sasl('saslplaintext', ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
    ...sasl('sasltls', ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
    ...sasl('scram512', ['SCRAM-SHA-512']),
  }
  await mkdir(join(folder, 'kafka'))
  await writeFile(join(folder, 'kafka', 'broker.properties'), brokerProperties([node], 0))
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  await appendFile(join(folder, 'kafka', 'broker.properties'), lines.join(''))
}

const sasl = (listener: string, mechanisms: readonly string[]) => ({
  [`listener.name.${listener}.sasl.enabled.mechanisms`]: mechanisms.join(','),
  ...Object.fromEntries(
    mechanisms.map((mechanism) => [
      `listener.name.${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`,
      mechanism === 'PLAIN'
        ? `org.apache.kafka.common.security.plain.PlainLoginModule required ${Object.entries(passwords)
            .map(([name, password]) => `user_${name}="${password}"`)
            .join(' ')};`
        : 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    ]),
  ),
})

const signal = AbortSignal.timeout(100_000)
const log = '-Dorg.apache.logging.log4j.level=INFO'
const javaOptions = [log, '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

async function tools(folder: string): Promise<SecuredBroker['tool']> {
  const java = await findJava(signal)
  const env = { CLASSPATH: (await findJars(() => undefined, signal)).kafkaClasspath }
  return async (...args) => {
    const said: string[] = []
    const options = { cwd: join(folder, 'kafka'), env, signal, output: (line: string) => void said.push(line) }
    const end = await run([java, ...javaOptions, ...args], options)
    if (end !== 'exit code 0') throw new Error(`${args.join(' ')} ended with ${end}:\n${said.join('\n')}`)
    return said.join('\n')
  }
}

async function startBroker(folder: string, tool: SecuredBroker['tool']) {
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) =>
    Object.entries(passwords).flatMap(([name, password]) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  )
  const format = ['format', '--cluster-id=SecuredBrokerOfTestsXX', '--config', 'broker.properties']
  await tool('kafka.tools.StorageTool', ...format, ...users)
  const cwd = join(folder, 'kafka')
  const server = startServer([await findJava(signal), ...javaOptions, 'kafka.Kafka', 'broker.properties'], {
    ...{ name: 'The secured broker', logFile: join(cwd, 'log'), cwd, signal },
    env: { CLASSPATH: (await findJars(() => undefined, signal)).kafkaClasspath },
    isReady: (text) => text.includes('Kafka Server started'),
  })
  await server.ready.catch(async (error: unknown) => {
    await server[Symbol.asyncDispose]()
    throw error
  })
  return server
}
