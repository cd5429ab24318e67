// Runs roles in this process: opens what they need, starts them, and stops them in order (I7): neither HTTP nor Kafka is
// taken anything new from, what is in flight finishes, offsets are committed, groups are left; then store and resources
// close. The producer is the system's, and closes after.
import { createApi, createProbes } from '../api/app.ts'
import type { Readiness } from '../api/probes.ts'
import { type Listening, listen } from '../api/server.ts'
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { Request } from '../app/request.ts'
import { disposeResources } from '../app/resources.ts'
import { callbacks } from '../consumers/callbacks/callbacks.ts'
import { createPoster, type Poster } from '../consumers/callbacks/post.ts'
import { type CallbackPolicy, callbackPolicy } from '../consumers/callbacks/target.ts'
import { followControls } from '../consumers/controls.ts'
import { delay } from '../consumers/delay/delay.ts'
import { type GroupDesk, groupDesk } from '../consumers/groupDesk.ts'
import { runningInPlace } from '../consumers/isolation.ts'
import { type LetterDesk, letterDesk } from '../consumers/letters/letterDesk.ts'
import { LoopWatch } from '../consumers/loopWatch.ts'
import { type Presence, presence } from '../consumers/presence.ts'
import { purging } from '../consumers/purge.ts'
import type { Platform, RunningGroup } from '../consumers/role.ts'
import { status } from '../consumers/status/status.ts'
import { subscribers } from '../consumers/subscribers/subscribers.ts'
import { workers } from '../consumers/workers/workers.ts'
import type { TopicStep } from '../kafka/topicPlan.ts'
import { systemClock } from '../process/clock.ts'
import { Codec } from '../schemas/codec.ts'
import { awaitedSchemas } from '../schemas/registry/awaitedSchemas.ts'
import { LateIds } from '../schemas/registry/lateIds.ts'
import { type ClientDirectory, clientDirectory } from '../store/clientDirectory.ts'
import { openSqliteStore } from '../store/sqlite/store.ts'
import type { Store } from '../store/store.ts'
import { watchBroker } from './brokerWatch.ts'
import { handlerThreads } from './handlerThreads.ts'
import { requestsLeftBehind, whyLeftBehind } from './leftBehind.ts'
import { isLoopback } from './loopback.ts'
import { checkSchemas } from './startSchemas.ts'
import type { System } from './system.ts'
import { planTopics, topicMissing } from './topics.ts'

export const roles = ['api', 'workers', 'subscribers', 'callbacks', 'status', 'delay'] as const
export type Role = (typeof roles)[number]

export type RunOptions = {
  readonly roles: ReadonlySet<Role>
  /** Request types and subscribers that `workers` and `subscribers` are limited to; empty = all. */
  readonly only: ReadonlySet<string>
  /** Handlers at once in each group of workers and subscribers; an operator's control counts over it. Default 50. */
  readonly concurrency?: number
  /** A group has ended and cannot heal. */
  readonly onFailed: (error: Error) => void
}

export type Running = { readonly url?: string } & AsyncDisposable

/** Starts the roles; resolves when every group has joined and the API listens. Disposing drains within `config.drainMs`. */
export async function runRoles(system: System, options: RunOptions): Promise<Running> {
  const { kafka, config, log: logger, catalogue } = system
  await checkTopics(system)
  await checkSchemas(system)
  void tellLeftBehind(system)
  await using opened = new AsyncDisposableStack()
  const parts = await openParts(system, options, opened)
  const broker = opened.use(watchBroker({ admin: kafka.admin, clock: systemClock }))
  const platform = platformOf(system, options, opened)
  const groups = await groupsOf(platform, parts, options, opened)
  let told: Presence | undefined
  const stopping = new AbortController()
  const servers: Listening[] = []
  opened.defer(async () => {
    stopping.abort()
    try {
      await Promise.all([drain(groups, config.drainMs, logger), ...servers.map((server) => server.close())])
    } finally {
      await told?.leave()
    }
  })
  const ready = (): Readiness => ({
    kafka: broker.answers ? 'ok' : 'failing',
    registry: system.registry.isAway ? 'failing' : 'ok',
    ...Object.fromEntries(groups.map(({ group, member }) => [group.id, readinessOf[member.state]])),
  })
  const impatient = { ...platform, codec: system.codec } // who asks at a desk is told now what can be read now
  const desks = { desk: groupDesk(impatient), letterDesk: letterDesk(impatient) }
  const asking = { ready, ...desks, stopping: stopping.signal }
  const api = options.roles.has('api') ? await apiOf({ ...system, codec: platform.codec }, parts, asking) : undefined
  const port = api ? config.http.port : config.probePort
  if (port !== undefined)
    servers.push(await listen(api ?? createProbes(ready), { host: config.http.host, port, graceMs: config.drainMs }))
  if (groups.length > 0) {
    opened.use(await followControls(platform, groups)) // before the first record
    opened.use(purging(platform, groups))
    told = await presence(platform, groups)
  }
  opened.use(platform.loop.start(() => runningInPlace(platform, groups)))
  await Promise.all(groups.map(({ member }) => member.start()))
  const url = servers[0]?.url
  const ids = groups.map(({ group }) => group.id)
  logger.info('process.started', { roles: [...options.roles], groups: ids, namespace: catalogue.namespace, url })
  const stack = opened.move()
  return { ...(url === undefined ? {} : { url }), [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** What roles share. The store is opened where one of its three roles runs, the rest where somebody needs it. */
type Parts = {
  readonly resources: unknown
  readonly store: Store | undefined
  readonly poster: Poster | undefined
  readonly policy: CallbackPolicy
  readonly clients: ClientDirectory | undefined
}

async function openParts(
  { app, config, keyring, log }: System,
  { roles: running }: RunOptions,
  opened: AsyncDisposableStack,
): Promise<Parts> {
  const has = (...names: readonly Role[]): boolean => names.some((name) => running.has(name))
  const policy = callbackPolicy({ allowedOrigins: config.callbackOrigins })
  const store = has('api', 'callbacks', 'status')
    ? opened.adopt(await openSqliteStore({ file: config.storeFile }), (each) => each.close())
    : undefined
  return {
    resources: has('workers', 'subscribers')
      ? opened.adopt(await app.resources({ env: process.env, log }), disposeResources)
      : undefined,
    store,
    poster: has('callbacks') ? opened.adopt(createPoster({ policy }), (poster) => poster.close()) : undefined,
    policy,
    clients:
      store && has('api', 'callbacks')
        ? opened.use(await clientDirectory({ store, keyring, clock: systemClock, logger: log }))
        : undefined,
  }
}

function platformOf(
  system: System,
  { concurrency, onFailed }: RunOptions,
  opened: AsyncDisposableStack,
): Platform & { readonly loop: LoopWatch } {
  const { appFile, kafka: log, log: logger, registry, config } = system
  const late = config.schemas === 'warn' ? new LateIds({ registry, clock: systemClock, log: logger }) : undefined
  return {
    ...{ ...system, log, logger, onFailed, clock: systemClock, loop: new LoopWatch({ logger }) },
    ...{
      late,
      codec: new Codec({ registry: awaitedSchemas(system.registry, { clock: systemClock, log: logger }), late }),
    },
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(appFile === undefined ? {} : { threads: opened.use(handlerThreads(appFile, logger)) }),
  }
}

/** The groups of these roles, none started. */
async function groupsOf(
  platform: Platform,
  { resources, store, poster, clients }: Parts,
  { roles: running, only }: RunOptions,
  opened: AsyncDisposableStack,
): Promise<readonly RunningGroup[]> {
  return [
    ...(running.has('workers') ? await workers(platform, resources, only) : []),
    ...(running.has('subscribers') ? subscribers(platform, resources, only) : []),
    ...(running.has('status') && store ? status(platform, store).map((group) => opened.use(group)) : []),
    ...(store && poster && clients ? await callbacks(platform, { store, poster, clients }) : []),
    ...(running.has('delay') ? delay(platform) : []),
  ]
}

const readinessOf = { joining: 'starting', joined: 'ok', stopping: 'stopping', failed: 'failing' } as const

async function checkTopics({ kafka, catalogue, log }: System): Promise<void> {
  const plan = await planTopics(kafka.admin, catalogue)
  const topicsOf = (kind: TopicStep['kind']): readonly string[] =>
    plan.flatMap((step) => (step.kind === kind ? [step.topic.name] : []))
  const [absent, missing] = [topicsOf('missing'), topicsOf('create')]
  if (absent.length > 0) throw topicMissing(absent)
  if (missing.length > 0)
    throw new ErrandError(
      'topics-missing',
      `${missing.length} of ${catalogue.topics.length} topics do not exist (${missing[0]}, …); run: errand topics apply. Topics that this user has no right to describe look the same`,
    )
  // Somebody else decides about those partitions, so it is no reason not to start; a dead letter of a new one has to wait.
  for (const topic of topicsOf('grow'))
    log.warn('topic.behind', {
      topic,
      why: 'the topic taken over has more partitions by now; run: errand topics apply',
    })
}

/** Nobody waits for it, and it keeps nothing from starting: a topic may go meanwhile, or this user may not see it all. */
async function tellLeftBehind({ kafka, catalogue, log }: System): Promise<void> {
  try {
    for (const each of await requestsLeftBehind(kafka.admin, catalogue))
      log.warn('requests.leftBehind', { topic: each.topic, type: each.type, why: whyLeftBehind(each) })
  } catch (error) {
    log.warn('requests.notCounted', { error, why: 'whether a roll-back has left requests behind is not known' })
  }
}

async function apiOf(
  system: System,
  { store, clients, policy }: Parts,
  asking: {
    readonly ready: () => Readiness
    readonly desk: GroupDesk
    readonly letterDesk: LetterDesk
    readonly stopping: AbortSignal
  },
): Promise<ReturnType<typeof createApi> | undefined> {
  if (!store || !clients) return undefined
  const { app, catalogue, codec, config } = system
  refuseStrangers(config.http.host, clients)
  const encoderOf = async ([type, { input }]: [string, Request<unknown>]) =>
    [type, await codec.encoder(`${catalogue.requests(type)}-value`, input)] as const
  const encoders = new Map(await Promise.all(Object.entries(app.requests).map(encoderOf)))
  const callbackPolicy = (url: string): string | undefined => {
    const judged = policy.judge(url)
    return judged.kind === 'refused' ? judged.reason : undefined
  }
  const encoder = (type: string) => encoders.get(type)!
  return createApi({ ...system, ...asking, store, clients, clock: systemClock, encoder, callbackPolicy })
}

/** Without a key nobody could ask, and whoever reaches the address would be told so: it is a mistake, or an app half set up. */
function refuseStrangers(host: string, clients: ClientDirectory): void {
  if (clients.active > 0 || isLoopback(host)) return
  throw new ErrandError(
    'no-clients',
    `ERRAND_HTTP_HOST is ${host}, which other machines can reach, and nobody has an API key yet: ` +
      'run `errand clients add <name>` with the ERRAND_STORE_FILE of this process, or leave ERRAND_HTTP_HOST out',
  )
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
