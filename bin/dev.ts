// `errand dev`: a whole system on this machine, with everything at hand to try it: broker and registry, all roles, and a
// receiver that shows callbacks arriving. Broker, registry and receiver stay; the system is restarted when its files change.
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Command } from 'commander'
import { ErrandError } from '../app/errors.ts'
import { systemClock } from '../process/clock.ts'
import { shutdownSignal } from '../process/lifecycle.ts'
import { callbackLine } from './callbackLine.ts'
import { type Introduction, introduction } from './dev/introduction.ts'
import { keepRunning } from './dev/restarts.ts'
import { generatedFile, renewTypes } from './dev/schemaTypes.ts'
import { startSystemProcess } from './dev/systemProcess.ts'
import { watchApp } from './dev/watch.ts'
import { type DevelopmentCluster, developmentCluster, developmentEnv, developmentSecret } from './development.ts'
import { logLine } from './logLine.ts'
import { startReceiver } from './receiver.ts'
import { wholeNumber } from './wholeNumber.ts'

type Options = { readonly app: string; readonly folder: string; readonly receiverPort: number }

export function devVerb(): Command {
  return new Command('dev')
    .description('run a whole system on this machine, broker included; it restarts when a file of the app changes')
    .option('--app <file>', "the app's module", 'app.ts')
    .option('--folder <folder>', "holds the broker's data, the secret and the store", '.errand')
    .option('--receiver-port <port>', 'where callbacks are received and shown; 0 = any free port', wholeNumber, 4000)
    .addHelpText(
      'after',
      "\nKAFKA_BROKERS (with SCHEMA_REGISTRY_URL) names a cluster to use; without it Kafka and a registry are launched with Docker,\nor else with Java and Maven, and keep their data for the folder. A second errand dev of the folder shares them, and needs\nHTTP and receiver ports of its own. Ctrl-C stops everything that nobody else uses.\n\nEverything in the app's folder is watched but tests, node_modules, dist and names with a dot in front. A change of an\n.avsc file renews schemas/generated.ts first. What is wrong with a change is shown, and the system goes on as it was.\nWhat is in flight gets ERRAND_DRAIN_MS (here 5000 by default) to finish; what does not is done again after the restart.\n\nExamples:\n  errand dev\n  errand dev --app examples/flights/app.ts\n  ERRAND_HTTP_PORT=3001 errand dev --receiver-port 4001",
    )
    .action(dev)
}

async function dev({ app, folder, receiverPort }: Options): Promise<void> {
  using shutdown = shutdownSignal()
  const { signal } = shutdown
  try {
    if (!existsSync(app)) throw new ErrandError('no-app', `there is no app at ${app}; name its module with --app`)
    await using opened = new AsyncDisposableStack()
    const secret = await developmentSecret(folder)
    const onProgress = (step: string): void => console.log(`· ${step}`)
    const cluster = opened.use(await developmentCluster({ folder, ports: 'usual', onProgress, signal }))
    const receiver = await startReceiver({
      port: receiverPort,
      secret: () => desk.callbackSecret,
      onCallback: (callback) => console.log(callbackLine(callback)),
    })
    opened.adopt(receiver, (each) => each.close())
    const env = developmentEnv({ cluster, folder, secret, callbackOrigins: [receiver.url] })
    const desk = introduction({ folder, secret, launched: cluster.launched, receiverUrl: receiver.url, env })
    await develop({ app, folder, desk, env, cluster, signal })
  } catch (error) {
    if (!signal.aborted) throw error
    console.log('Stopped while starting.')
  }
}

type Development = {
  readonly app: string
  readonly folder: string
  readonly desk: Introduction
  readonly env: Readonly<Record<string, string>>
  readonly cluster: DevelopmentCluster
  readonly signal: AbortSignal
}

/** Keeps the system running until `signal` aborts. Throws `ended` where the cluster has ended before. */
async function develop({ app, folder, desk, env, cluster, signal }: Development): Promise<void> {
  await using changes = await watchApp({
    folder: resolve(dirname(app)),
    except: [resolve(generatedFile(app)), resolve(folder)],
    onError: (error) => say(`✗ Some changes may go unnoticed, start again after them: ${error.message}`),
  })
  const clusterEnded = new AbortController()
  void cluster.ended.then((how) => {
    clusterEnded.abort(new ErrandError('ended', `${how}. Everything else is stopped; start it again.`))
  })
  signal.addEventListener('abort', () => say(stopping))
  await keepRunning({
    changes,
    renewTypes: () => renewTypes(app),
    start: () =>
      startSystemProcess({
        app,
        env: { NODE_COMPILE_CACHE: resolve(folder, 'compiled'), ...env, ...kept(desk.known) },
        fingerprint: desk.known?.fingerprint ?? 'none',
        launched: cluster.launched,
        onLine: (line) => say(shown(line)),
      }),
    say,
    onRunning: async (running) => say(await desk.introduce(running)),
    clock: systemClock,
    signal: AbortSignal.any([signal, clusterEnded.signal]),
  })
  clusterEnded.signal.throwIfAborted()
}

const say = (text: string | undefined): void => void (text && console.log(text))

const stopping =
  '\nStopping: what is in flight is finished first, what takes longer is done again. Ctrl-C again ends it at once.'

/** Whoever waits for a restart should not wait long. The port stays, also where any free one was asked for. */
const kept = (known: Introduction['known']): Readonly<Record<string, string>> => ({
  ERRAND_DRAIN_MS: process.env.ERRAND_DRAIN_MS || '5000',
  ...(known ? { ERRAND_HTTP_PORT: new URL(known.url).port } : {}),
})

/** Said better by `errand dev` itself. */
const routine = /"event":"(?:group\.joined|process\.(?:started|stopping))"/
/** Where Node was when it met an error in the app is nothing to its author. */
const frame = /^ +at .*[( ]node:/

const shown = (line: string): string | undefined => (routine.test(line) || frame.test(line) ? undefined : logLine(line))
