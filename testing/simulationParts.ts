// What a simulated run consists of: the app with its handlers watched, a log, a registry and a store in memory, a clock that
// stands, a client, and a crew of processes that are still to come.
import type { App } from '../app/app.ts'
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
import { memoryRegistry } from '../schemas/memoryRegistry.ts'
import { platformSchemas } from '../schemas/platform/platform.ts'
import { registerSubjects } from '../schemas/register.ts'
import type { Store } from '../store/store.ts'
import { Crew } from './crew.ts'
import { defaultFaults, type Faults } from './faults.ts'
import type { HistoryEvent } from './history.ts'
import { type ManualClock, manualClock } from './manualClock.ts'
import { Patience } from './patience.ts'
import type { ReceivedBody } from './sent.ts'
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
  /** Callbacks by the id of their request. */
  readonly received: Map<string, ReceivedBody[]>
}

/** When a run begins: the same time for every run. */
const startMs = Date.UTC(2026, 0, 1)

/** Nothing of it is started. */
export async function assemble(given: App, { seed, resources, faults: some }: SimulationOptions): Promise<Parts> {
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
  const onCallback = ({ headers, body }: Post): void => {
    const text = body.toString()
    const told: ReceivedBody = JSON.parse(text)
    history.push({ kind: 'told', id: headers['webhook-id'] ?? '', answer: text })
    received.get(told.data.id)?.push(told)
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
    ...{ system, time, clock, seed, chance, faults, patience, crew, log, producer, received },
    submitting: await submitting({ ...system, producer, randomBytes }),
  }
}

/** Loaded when it is needed: Node 22 warns of node:sqlite, and who imports `errand/testing` may want `testContext` alone. */
async function inMemoryStore(clock: Clock): Promise<Store> {
  const { openSqliteStore } = await import('../store/sqlite/store.ts')
  return openSqliteStore({ file: ':memory:', clock })
}
