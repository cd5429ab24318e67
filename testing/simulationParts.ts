// What a simulated run consists of: the app with its handlers watched, a log, a registry and a store in memory, a clock that
// stands, a client, and a crew of processes that are still to come.
import type { App } from '../app/app.ts'
import type { PostOutcome } from '../consumers/callbacks/outcome.ts'
import { judgeAnswer } from '../consumers/callbacks/outcome.ts'
import type { Post } from '../consumers/callbacks/post.ts'
import { catalogue as catalogueOf } from '../kafka/catalogue.ts'
import type { Log } from '../kafka/log.ts'
import { faultyLine, plainLine } from '../kafka/memory/line.ts'
import { memoryCluster } from '../kafka/memory/log.ts'
import { type Chance, seeded } from '../process/chance.ts'
import type { Clock } from '../process/clock.ts'
import { parseKeyring } from '../process/keyring.ts'
import { silentLog } from '../process/log.ts'
import { Producer } from '../producers/producer.ts'
import { Codec } from '../schemas/codec.ts'
import { platformSchemas } from '../schemas/platform/platform.ts'
import { memoryRegistry } from '../schemas/registry/memoryRegistry.ts'
import { registerSubjects } from '../schemas/registry/register.ts'
import type { Store } from '../store/store.ts'
import { Crew } from './crew.ts'
import { defaultFaults, type Faults } from './faults.ts'
import type { HistoryEvent } from './history.ts'
import { type ManualClock, manualClock } from './manualClock.ts'
import { Patience } from './patience.ts'
import type { IncomingCallback, ReceivedBody } from './sent.ts'
import { crash, type SimulatedSystem, simulatedProcess } from './simulatedProcess.ts'
import { type Submitting, submitting } from './submitting.ts'

/** What a simulation gives to the app's resources. */
export type SimulatedInput = {
  /** Virtual: a handler that sleeps by it takes no real time. */
  readonly clock: Clock
  /** Ends the process of the handler that calls it, as running out of memory would. Never resolves. */
  readonly crash: () => Promise<never>
}

export type SimulationOptions = {
  readonly resources: (input: SimulatedInput) => unknown
  readonly seed: number
  readonly faults: Partial<Faults> | undefined
  readonly receiver: ((callback: IncomingCallback) => number | undefined) | undefined
}

export type Parts = {
  readonly system: SimulatedSystem
  readonly time: ManualClock
  /** The time, as handlers may sleep by it. */
  readonly clock: Clock
  readonly seed: number
  readonly chance: Chance
  readonly faults: Faults | undefined
  readonly patience: Patience
  readonly crew: Crew
  /** The client's own way to the log, without faults. */
  readonly log: Log
  readonly producer: Producer
  readonly submitting: Submitting
  /** Callbacks that were taken, by the id of their request. */
  readonly received: Map<string, ReceivedBody[]>
  /** Requests of which the test's receiver has refused a callback. */
  readonly refused: Set<string>
}

/** When a run begins: the same time for every run. */
const startMs = Date.UTC(2026, 0, 1)

/** Nothing of it is started. */
export async function assemble(
  given: App,
  { seed, resources, faults: some, receiver = () => 204 }: SimulationOptions,
): Promise<Parts> {
  const faults = some && { ...defaultFaults, ...some }
  const chance = seeded(seed)
  const randomBytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => chance() * 256))
  const time = manualClock(startMs)
  const patience = new Patience()
  const clock = patience.clock(time)
  const app = patience.watch(given)
  const catalogue = catalogueOf(app, app.name, platformSchemas)
  const keyring = parseKeyring(`1:${randomBytes(32).toString('base64url')}`, catalogue.namespace)
  const registry = memoryRegistry()
  await registerSubjects(registry, catalogue.subjects, { takenOver: true })
  const cluster = memoryCluster({ clock: time })
  const log = cluster.open()
  const theirs = catalogue.takenOver.map((name) => ({ name, partitions: app.partitions, config: {} }))
  await log.admin.create([...catalogue.topics, ...theirs].map((topic) => ({ ...topic, replicas: 1 })))
  const received = new Map<string, ReceivedBody[]>()
  const history: HistoryEvent[] = []
  const refused = new Set<string>()
  const onCallback = ({ headers, body: bytes }: Post): PostOutcome => {
    const text = bytes.toString()
    const body: ReceivedBody = JSON.parse(text)
    const statusCode = receiver({ attempt: Number(headers['errand-attempt']), headers, body })
    history.push({ kind: 'told', id: headers['webhook-id'] ?? '', answer: text })
    const outcome = answered(statusCode)
    if (outcome.kind === 'delivered') received.get(body.data.id)?.push(body)
    else refused.add(body.data.id)
    return outcome
  }
  const system: SimulatedSystem = {
    ...{ app, catalogue, cluster, keyring, history, onCallback },
    codec: new Codec({ registry }),
    store: await inMemoryStore(time),
    clock: time,
    resources: await resources({ clock, crash: () => patience.virtual(crash()) }),
    line: faults ? faultyLine(faults, { chance, clock: time }) : plainLine,
    onCrash: (process) => crew.crash(process),
    onFailed: (error) => crew.fail(error),
  }
  const most = (faults?.processes ?? 1) + 1
  const crew = new Crew({ open: (name) => simulatedProcess(system, name), cluster, clock: time, chance, most })
  const producer = new Producer({ kafka: log, log: silentLog, clock: time })
  return {
    ...{ system, time, clock, seed, chance, faults, patience, crew, log, producer, received, refused },
    submitting: await submitting({ ...system, producer, randomBytes }),
  }
}

/** What is made of a receiver's answer, as of one over HTTP (consumers/callbacks/post.ts). */
const answered = (statusCode: number | undefined): PostOutcome =>
  statusCode === undefined ? { kind: 'failed', reason: 'the connection was refused' } : judgeAnswer(statusCode, 0)

/** Loaded when it is needed: Node 22 warns of node:sqlite, and who imports `errand/testing` may want `testContext` alone. */
async function inMemoryStore(clock: Clock): Promise<Store> {
  const { openSqliteStore } = await import('../store/sqlite/store.ts')
  return openSqliteStore({ file: ':memory:', clock })
}
