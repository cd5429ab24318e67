// `errand dev`: a whole system on this machine, with everything at hand to try it: broker and registry, all roles, and a
// receiver that shows callbacks arriving.
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { ErrandError } from '../app/errors.ts'
import { developmentClient } from '../process/clients.ts'
import { parseKeyring } from '../process/keyring.ts'
import { aborted, shutdownSignal } from '../process/lifecycle.ts'
import { sampleOf } from '../schemas/sample.ts'
import { loadApp } from './app.ts'
import { callbackLine } from './callbackLine.ts'
import { developmentCluster, developmentSecret, prepareDevelopment } from './development.ts'
import { logLine } from './logLine.ts'
import { type Program, runProgram } from './program.ts'
import { startReceiver } from './receiver.ts'
import { wholeNumber } from './wholeNumber.ts'

type Options = { readonly app: string; readonly folder: string; readonly receiverPort: number }

export function devVerb(): Command {
  return new Command('dev')
    .description('run a whole system on this machine, broker included')
    .option('--app <file>', "the app's module", 'app.ts')
    .option('--folder <folder>', "holds the broker's data, the secret and the store", '.errand')
    .option('--receiver-port <port>', 'where callbacks are received and shown; 0 = any free port', wholeNumber, 4000)
    .addHelpText(
      'after',
      '\nKAFKA_BROKERS (with SCHEMA_REGISTRY_URL) names a cluster to use; without it Kafka and a registry are launched with Docker,\nor else with Java and Maven, and keep their data for the folder. A second errand dev of the folder shares them, and needs\nHTTP and receiver ports of its own. Ctrl-C stops everything that nobody else uses.\n\nExamples:\n  errand dev\n  errand dev --app examples/flights/app.ts\n  ERRAND_HTTP_PORT=3001 errand dev --receiver-port 4001',
    )
    .action(dev)
}

async function dev({ app: path, folder, receiverPort }: Options): Promise<void> {
  using shutdown = shutdownSignal()
  const { signal } = shutdown
  try {
    await using opened = new AsyncDisposableStack()
    const app = await loadApp(path)
    const secret = await developmentSecret(folder)
    const client = developmentClient(parseKeyring(secret, process.env.ERRAND_NAMESPACE || app.name))
    const onProgress = (step: string): void => console.log(`· ${step}`)
    const cluster = opened.use(await developmentCluster({ folder, ports: 'usual', onProgress, signal }))
    const receiver = opened.adopt(
      await startReceiver({
        port: receiverPort,
        secret: client.callbackSecret,
        onCallback: (callback) => console.log(callbackLine(callback)),
      }),
      (each) => each.close(),
    )
    const options = { app: path, cluster, folder, secret, callbackOrigins: [receiver.url], onProgress }
    const { env } = opened.use(await prepareDevelopment(options))
    const envFile = join(folder, 'env')
    const forClients = { ERRAND_API_KEY: client.apiKey, ERRAND_CALLBACK_SECRET: client.callbackSecret }
    const launchedIn = cluster.launched ? { ERRAND_LAUNCHED_IN: resolve(folder) } : {}
    await writeEnvFile(envFile, { ...env, ...forClients, ...launchedIn })
    const { program, ready } = startAll(path, env)
    opened.use(program)
    const url = await Promise.race([ready, aborted(signal)])
    if (url === undefined) throw signal.reason
    console.log(
      welcome({
        url,
        envFile,
        receiverUrl: receiver.url,
        apiKey: client.apiKey,
        callbackSecret: client.callbackSecret,
        request: firstRequest(app.requests),
      }),
    )
    const systemEnded = program.ended.then(
      (how) => `the system has ended by itself (${how}); its last lines may say why`,
    )
    const ended = await Promise.race([systemEnded, cluster.ended, aborted(signal)])
    if (ended !== undefined) throw new ErrandError('ended', `${ended}. Everything else is stopped; start it again.`)
    console.log('\nStopping: what is in flight is finished first, within 30 s. Ctrl-C again ends it at once.')
  } catch (error) {
    if (!signal.aborted) throw error
    console.log('Stopped while starting.')
  }
}

const writeEnvFile = (file: string, env: Readonly<Record<string, string>>): Promise<void> =>
  writeFile(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
    { mode: 0o600 },
  )

/** All roles in one process, its log shown. `ready` resolves with the API's address. */
function startAll(
  app: string,
  env: Readonly<Record<string, string>>,
): { readonly program: Program; readonly ready: Promise<string> } {
  const ready = Promise.withResolvers<string>()
  const program = runProgram(['start', '--app', app], {
    env,
    onLine: (json) => {
      const text = logLine(json)
      if (text !== undefined) console.log(text)
      const url = /"url":"([^"]+)".*"event":"process.started"/.exec(json)?.[1]
      if (url !== undefined) ready.resolve(url)
    },
  })
  const early = (code: number | string): ErrandError =>
    new ErrandError('program-ended', `the system did not start (${code}); the lines above say why`)
  void program.ended.then((code) => ready.reject(early(code)))
  ready.promise.catch(() => undefined) // when it is stopped while it starts nobody waits for it any more
  return { program, ready: ready.promise }
}

/** A request type with an input to try. */
const firstRequest = (
  requests: Awaited<ReturnType<typeof loadApp>>['requests'],
): { readonly type: string; readonly data: unknown } | undefined => {
  const [first] = Object.entries(requests)
  return first && { type: first[0], data: sampleOf(first[1].input.schema) }
}

type Welcome = {
  readonly url: string
  readonly envFile: string
  readonly receiverUrl: string
  readonly apiKey: string
  readonly callbackSecret: string
  readonly request: { readonly type: string; readonly data: unknown } | undefined
}

const welcome = ({ url, envFile, receiverUrl, apiKey, callbackSecret, request }: Welcome): string => `
  API                ${url}
  API key            ${apiKey}
  Callback secret    ${callbackSecret}
  Callbacks go to    ${receiverUrl}, and are shown here

  For other errand commands in another terminal:

    set -a; . ${envFile}; set +a
${
  request
    ? `
  A request to paste into another terminal; its callback arrives here:

    curl -sS ${url}/v1/requests/${request.type} \\
      -H 'Authorization: Bearer ${apiKey}' -H 'Content-Type: application/json' \\
      -d '${JSON.stringify({ data: request.data, callback: { url: `${receiverUrl}/callbacks` } }).replaceAll("'", "'\\''")}'
`
    : ''
}
  How a receiver verifies a callback (any Standard Webhooks library does):

    import { Webhook } from 'standardwebhooks'
    new Webhook('${callbackSecret}').verify(rawBody, headers)
`
