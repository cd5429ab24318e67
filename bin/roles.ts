// Runs roles in this process: opens what they need, starts them, and stops them in order (I7): neither HTTP nor Kafka is
// taken anything new from, what is in flight finishes, offsets are committed, groups are left; then store and resources
// close. The producer is the system's, and closes after.
import { createApi, createProbes } from '../api/app.ts'
import type { Readiness } from '../api/probes.ts'
import { type Listening, listen } from '../api/server.ts'
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import { callbacks } from '../consumers/callbacks/callbacks.ts'
import { createPoster } from '../consumers/callbacks/post.ts'
import { type CallbackPolicy, callbackPolicy } from '../consumers/callbacks/target.ts'
import type { Platform, RunningGroup } from '../consumers/role.ts'
import { status } from '../consumers/status/status.ts'
import { subscribers } from '../consumers/subscribers/subscribers.ts'
import { workers } from '../consumers/workers/workers.ts'
import { type Clients, clientsOf, developmentClient } from '../process/clients.ts'
import { systemClock } from '../process/clock.ts'
import { openSqliteStore } from '../store/sqlite/store.ts'
import type { Store } from '../store/store.ts'
import { watchBroker } from './brokerWatch.ts'
import type { System } from './system.ts'

/** `delay` comes with the issue that needs it. */
export const roles = ['api', 'workers', 'subscribers', 'callbacks', 'status'] as const
export type Role = (typeof roles)[number]

export type RunOptions = {
  readonly roles: ReadonlySet<Role>
  /** Request types and subscribers that `workers` and `subscribers` are limited to; empty = all. */
  readonly only: ReadonlySet<string>
  /** A group has ended and cannot heal. */
  readonly onFailed: (error: Error) => void
}

export type Running = { readonly url?: string } & AsyncDisposable

/** Starts the roles; resolves when every group has joined and the API listens. Disposing drains within `config.drainMs`. */
export async function runRoles(system: System, options: RunOptions): Promise<Running> {
  const { app, kafka, config, log: logger, catalogue } = system
  await checkTopics(system)
  await using opened = new AsyncDisposableStack()
  const has = (...names: readonly Role[]): boolean => names.some((name) => options.roles.has(name))
  const platform: Platform = { ...system, log: kafka, logger, clock: systemClock, onFailed: options.onFailed }
  const resources = has('workers', 'subscribers')
    ? opened.adopt(await app.resources({ env: process.env, log: logger }), dispose)
    : undefined
  const store = has('api', 'callbacks', 'status')
    ? opened.adopt(await openSqliteStore({ file: config.storeFile }), (each) => each.close())
    : undefined
  const policy = callbackPolicy({ allowedOrigins: config.callbackOrigins })
  const poster = has('callbacks') ? opened.adopt(createPoster({ policy }), (each) => each.close()) : undefined
  const clients = clientsOf(developmentClient(system.keyring))
  const groups: RunningGroup[] = []
  const broker = opened.use(watchBroker({ admin: kafka.admin, clock: systemClock }))
  const ready = (): Readiness => ({
    kafka: broker.answers ? 'ok' : 'failing',
    ...Object.fromEntries(groups.map(({ group, member }) => [group.id, readinessOf[member.state]])),
  })
  const start = async (started: readonly RunningGroup[]): Promise<void> => {
    groups.push(...started)
    await Promise.all(started.map(({ member }) => member.start()))
  }
  const servers: Listening[] = []
  const stopping = new AbortController()
  opened.defer(async () => {
    stopping.abort()
    await Promise.all([drain(groups, config.drainMs, logger), ...servers.map((server) => server.close())])
  })
  if (has('workers')) await start(await workers(platform, resources, options.only))
  if (has('subscribers')) await start(subscribers(platform, resources, options.only))
  if (has('status') && store) await start(status(platform, store).map((each) => opened.use(each)))
  if (store && poster) await start(await callbacks(platform, { store, poster, clients }))
  const http =
    has('api') && store ? await apiOf({ system, store, clients, policy, ready, stopping: stopping.signal }) : undefined
  const port = http ? config.http.port : config.probePort
  if (port !== undefined)
    servers.push(await listen(http ?? createProbes(ready), { host: config.http.host, port, graceMs: config.drainMs }))
  const url = servers[0]?.url
  logger.info('process.started', {
    roles: [...options.roles],
    groups: groups.map(({ group }) => group.id),
    namespace: catalogue.namespace,
    url,
  })
  const stack = opened.move()
  return { ...(url === undefined ? {} : { url }), [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const readinessOf = { joining: 'starting', joined: 'ok', stopping: 'stopping', failed: 'failing' } as const

async function checkTopics({ kafka, catalogue }: System): Promise<void> {
  const existing = await kafka.admin.describe(catalogue.topics.map(({ name }) => name))
  const missing = catalogue.topics.filter(({ name }) => !existing.has(name))
  if (missing.length > 0)
    throw new ErrandError(
      'topics-missing',
      `${missing.length} of ${catalogue.topics.length} topics do not exist (${missing[0]!.name}, …); run: errand topics apply`,
    )
}

type ApiInput = {
  readonly system: System
  readonly store: Store
  readonly clients: Clients
  readonly policy: CallbackPolicy
  readonly ready: () => Readiness
  readonly stopping: AbortSignal
}

async function apiOf({
  system,
  store,
  clients,
  policy,
  ready,
  stopping,
}: ApiInput): Promise<ReturnType<typeof createApi>> {
  const { app, catalogue, codec } = system
  const types = Object.entries(app.requests)
  const encoders = new Map(
    await Promise.all(
      types.map(
        async ([type, { input }]) => [type, await codec.encoder(`${catalogue.requests(type)}-value`, input)] as const,
      ),
    ),
  )
  const refusal = (url: string): string | undefined => {
    const judged = policy.judge(url)
    return judged.kind === 'refused' ? judged.reason : undefined
  }
  return createApi({
    ...system,
    store,
    clients,
    ready,
    stopping,
    clock: systemClock,
    encoder: (type) => encoders.get(type)!,
    callbackPolicy: refusal,
  })
}

/** All groups at once: together they have one grace period. What one could not commit does not keep the others from leaving. */
async function drain(groups: readonly RunningGroup[], graceMs: number, logger: Logger): Promise<void> {
  const stop = ({ group, member }: RunningGroup): Promise<boolean> =>
    member.stop(graceMs).then(
      () => true,
      (error: unknown) => {
        logger.error('group.notCommitted', { group: group.id, error })
        return false
      },
    )
  if ((await Promise.all(groups.map(stop))).includes(false))
    throw new ErrandError('not-committed', 'not every group could commit what it had done; that will be done again')
}

async function dispose(resources: unknown): Promise<void> {
  if (typeof resources !== 'object' || resources === null) return
  if (Symbol.asyncDispose in resources) await (resources as AsyncDisposable)[Symbol.asyncDispose]()
  else if (Symbol.dispose in resources) (resources as Disposable)[Symbol.dispose]()
}
