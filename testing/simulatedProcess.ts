// One process of a simulated system: all groups of an app on a handle of its own on the log in memory, with a poster that
// collects. It can be drained, killed, and made to stand still.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { App } from '../app/app.ts'
import { ErrandError } from '../app/errors.ts'
import { callbacks } from '../consumers/callbacks/callbacks.ts'
import type { PostOutcome } from '../consumers/callbacks/outcome.ts'
import type { Post, Poster } from '../consumers/callbacks/post.ts'
import { delay } from '../consumers/delay/delay.ts'
import type { Platform, RunningGroup } from '../consumers/role.ts'
import { status } from '../consumers/status/status.ts'
import { subscribers } from '../consumers/subscribers/subscribers.ts'
import { workers } from '../consumers/workers/workers.ts'
import type { Catalogue } from '../kafka/catalogue.ts'
import type { Line } from '../kafka/memory/line.ts'
import type { MemoryCluster } from '../kafka/memory/log.ts'
import { developmentClient } from '../process/clients.ts'
import type { Clock } from '../process/clock.ts'
import type { Keyring } from '../process/keyring.ts'
import { silentLog } from '../process/log.ts'
import { Producer } from '../producers/producer.ts'
import type { Codec } from '../schemas/codec.ts'
import type { Store } from '../store/store.ts'
import type { HistoryEvent } from './history.ts'
import { Recorder } from './recorder.ts'

/** What the processes of one simulated system have in common. */
export type SimulatedSystem = {
  readonly app: App
  readonly resources: unknown
  readonly catalogue: Catalogue
  readonly cluster: MemoryCluster
  readonly codec: Codec
  readonly keyring: Keyring
  readonly store: Store
  readonly clock: Clock
  readonly history: HistoryEvent[]
  readonly line: Line
  readonly onCallback: (post: Post) => PostOutcome
  /** A handler ends its process. */
  readonly onCrash: (process: SimulatedProcess) => void
  readonly onFailed: (error: Error) => void
}

export type SimulatedProcess = {
  readonly isDead: boolean
  /** Messages that it handles now. */
  readonly inHand: number
  /** Who it is in its groups now. */
  readonly memberIds: readonly string[]
  /** Resolves when its groups have joined, or when it has died. */
  join(): Promise<void>
  /** Drains and leaves. What could not be committed is done again elsewhere. */
  stop(graceMs: number): Promise<void>
  /** Dies. Its code is told to stop, for JavaScript cannot be killed; what it still does, nobody hears. */
  kill(): void
}

const never = new Promise<never>(() => undefined)
const current = new AsyncLocalStorage<() => void>()

/** Ends the process of the handler that calls it. */
export async function crash(): Promise<never> {
  const end = current.getStore()
  if (!end) throw new ErrandError('no-process', 'crash() ends the process of the handler that calls it: none does')
  end()
  return never
}

const everything: ReadonlySet<string> = new Set()

/** A process that has not joined its groups yet. */
export async function simulatedProcess(system: SimulatedSystem, name: string): Promise<SimulatedProcess> {
  const { cluster, line, clock, history, resources, keyring } = system
  const recorder = new Recorder(name, history)
  const log = cluster.open({ line })
  const producer = new Producer({ kafka: log, log: silentLog, clock })
  const platform: Platform = {
    ...system,
    log: recorder.watch(log),
    producer,
    logger: silentLog,
    around: (group, handle) => {
      const recorded = recorder.around(group, handle)
      return (message) => current.run(() => system.onCrash(process), recorded, message)
    },
  }
  const { callbackSecret } = developmentClient(keyring)
  const clients = { signing: async () => ({ kind: 'active', secrets: [callbackSecret] }) as const }
  const store = untilDeath(system.store, recorder)
  const ticking = status(platform, store)
  const groups = [
    ...(await workers(platform, resources, everything)),
    ...subscribers(platform, resources, everything),
    ...ticking,
    ...(await callbacks(platform, { store, clients, poster: collecting(system, recorder) })),
    ...delay(platform),
  ]
  const died = Promise.withResolvers<unknown>()
  const stopTicking = (): void => {
    for (const ticker of ticking) ticker[Symbol.dispose]()
  }
  const stopMembers = (graceMs: number): Promise<unknown> => {
    const stop = ({ member }: RunningGroup): Promise<void> => member.stop(graceMs).catch(() => undefined) // what could not be committed
    return Promise.all(groups.map(stop))
  }
  const process: SimulatedProcess = {
    get isDead() {
      return recorder.isDead
    },
    get inHand() {
      return recorder.inHand
    },
    get memberIds() {
      return recorder.memberIds
    },
    join: async () => {
      await Promise.race([died.promise, Promise.all(groups.map(({ member }) => member.start()))])
    },
    stop: async (graceMs) => {
      await Promise.race([died.promise, stopMembers(graceMs)]) // it may die as it drains
      if (recorder.isDead) return
      stopTicking()
      await producer.close(AbortSignal.abort('stopped'))
      await log.close()
    },
    kill: () => {
      recorder.die()
      died.resolve(undefined)
      cluster.kill(log)
      stopTicking()
      void stopMembers(0)
    },
  }
  return process
}

/** The store as this process reaches it: not at all any more once it is dead. */
function untilDeath(store: Store, recorder: Recorder): Store {
  const mortal = (call: unknown): unknown =>
    typeof call !== 'function' ? call : (...given: readonly unknown[]) => (recorder.isDead ? never : call(...given))
  return Object.fromEntries(Object.entries(store).map(([name, call]) => [name, mortal(call)])) as Store
}

function collecting({ line, onCallback }: SimulatedSystem, recorder: Recorder): Poster {
  return {
    post: async (post) => {
      await line.arrive()
      if (recorder.isDead) return never
      const outcome = onCallback(post)
      await line.answer()
      return outcome
    },
    close: async () => undefined,
  }
}
