// `npm run demo`: the whole system at work on real data. Brings up Kafka and a registry in a folder of its own, streams
// 20,000 flights through three subscribers, has requests done by two competing worker processes, verifies every callback,
// and leaves nothing running. Exit code 1 if any count does not match.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { developmentClient } from '../../process/clients.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import { shutdownSignal } from '../../process/lifecycle.ts'
import { type Development, developmentCluster, prepareDevelopment } from '../development.ts'
import { loadFlights, questions } from './dataset.ts'
import { feed } from './feed.ts'
import { follow } from './phase.ts'
import { startStaff } from './staff.ts'
import { report, type Tally } from './summary.ts'
import { startWitness } from './witness.ts'

const app = 'examples/flights/app.ts'
/** Clients, each with one request open at a time. */
const clients = 16

async function demo(signal: AbortSignal): Promise<boolean> {
  const startedMs = performance.now()
  await using opened = new AsyncDisposableStack()
  const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'errand-demo-')), (path) =>
    rm(path, { recursive: true, force: true }),
  )
  const secret = newSecret()
  const namespace = `demo-${Date.now().toString(36)}`
  const client = developmentClient(parseKeyring(secret, namespace))
  const witness = opened.use(await startWitness({ secret: client.callbackSecret, port: 0 }))
  const onProgress = (step: string): void => console.log(`· ${step}`)
  const cluster = opened.use(await developmentCluster({ folder, ports: 'free', onProgress, signal }))
  const callbackOrigins = [witness.origin]
  const options = { app, cluster, folder, secret, namespace, httpPort: 0, callbackOrigins, onProgress }
  const development = opened.use(await prepareDevelopment(options))
  const staff = opened.use(
    await startStaff({ app, env: { ...development.env, FLIGHTS_DATA: join(folder, 'flights') }, signal }),
  )
  console.log(`· ${staff.programs} processes run: api + callbacks + status + delay, subscribers, two workers`)
  const flights = loadFlights()
  const produced = await feed({ system: development.system, flights, signal })
  await follow({
    title: 'events seen by all groups',
    total: flights.length,
    count: () => leastSeen(development),
    patienceMs: 60_000,
    signal,
  })
  const asked = questions(flights, 24)
  witness.connect({ url: staff.apiUrl, key: client.apiKey })
  const posting = postAll(asked, (question) => witness.ask(question), signal)
  posting.catch((error: Error) => console.error(`asking failed: ${error.message}`))
  await follow({
    title: 'requests called back',
    total: asked.length,
    count: () => witness.verified,
    patienceMs: 60_000,
    signal,
  })
  const unclean = await staff.stop()
  const tally: Tally = {
    produced,
    seen: await seen(development),
    asked: asked.length,
    accepted: witness.accepted,
    done: staff.done(),
    verified: witness.verified,
    repeated: witness.repeated,
    faults: [...witness.faults, ...unclean],
    latenciesMs: witness.latenciesMs,
    seconds: (performance.now() - startedMs) / 1_000,
  }
  return report(tally, flights.length)
}

/** How many events each subscriber's group has committed. */
async function seen({ system: { catalogue, kafka } }: Development): Promise<ReadonlyMap<string, number>> {
  const groups = catalogue.groups.filter(({ role }) => role === 'subscribers')
  return new Map(
    await Promise.all(
      groups.map(async ({ id, name, sources }) => {
        const positions = await kafka.admin.committed(id, sources)
        return [name, positions.reduce((sum, { offset }) => sum + Number(offset), 0)] as const
      }),
    ),
  )
}

const leastSeen = async (development: Development): Promise<number> => Math.min(...(await seen(development)).values())

/** Asks everything: each client its next question when the one before has been called back. */
async function postAll<T>(all: readonly T[], ask: (each: T) => Promise<void>, signal: AbortSignal): Promise<void> {
  const left = all.values()
  const one = async (): Promise<void> => {
    for (const each of left) {
      signal.throwIfAborted()
      await ask(each)
    }
  }
  await Promise.all(Array.from({ length: clients }, one))
}

using shutdown = shutdownSignal()
try {
  if (!(await demo(shutdown.signal))) process.exitCode = 1
} catch (error) {
  console.error(
    shutdown.signal.aborted
      ? 'The demo was stopped; nothing is left running.'
      : `The demo failed: ${(error as Error).message}`,
  )
  process.exitCode = shutdown.signal.aborted ? 130 : 2
}
process.exit() // as errand.ts does, and for its reason
