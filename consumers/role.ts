// What every role is given to run on, and how its groups become members.
import type { App } from '../app/app.ts'
import type { Logger } from '../app/context.ts'
import type { StartPosition } from '../app/subscriber.ts'
import { type Catalogue, type Group, topicsOf } from '../kafka/catalogue.ts'
import { readJourney } from '../kafka/journey.ts'
import type { Log } from '../kafka/log.ts'
import type { Clock } from '../process/clock.ts'
import type { Keyring } from '../process/keyring.ts'
import type { Producer } from '../producers/producer.ts'
import type { Codec } from '../schemas/codec.ts'
import { Failure } from '../schemas/platform/generated.ts'
import type { LateIds } from '../schemas/registry/lateIds.ts'
import { type DeadLetters, deadLetters } from './deadLetter.ts'
import type { LoopWatch } from './loopWatch.ts'
import { Member, type MemberOptions } from './member.ts'
import type { Handle } from './message.ts'
import { groupPositions } from './positions.ts'
import type { Threads } from './threads/threads.ts'
import { Turn } from './turn.ts'

/** Of all suspects of a platform, one at a time runs; a process has one platform. */
const turns = new WeakMap<object, Turn>()

function turnOf(platform: Platform): Turn {
  const turn = turns.get(platform) ?? new Turn()
  turns.set(platform, turn)
  return turn
}

export type Platform = {
  readonly app: App
  readonly catalogue: Catalogue
  readonly log: Log
  readonly producer: Producer
  readonly codec: Codec
  readonly keyring: Keyring
  readonly clock: Clock
  readonly logger: Logger
  /** Handlers at once in each group of workers and subscribers. Default: the member's. */
  readonly concurrency?: number
  /** For tests, which watch what every group handles. */
  readonly around?: (group: Group, handle: Handle) => Handle
  /** Where handlers with `isolate: 'thread'` run; absent where the app is of no module: then they run in place. */
  readonly threads?: Threads
  readonly loop?: LoopWatch
  /** Schemas that the process was started before: what would be written with them waits. */
  readonly late?: LateIds | undefined
  /** A membership has ended and cannot heal: the process should end too. */
  readonly onFailed: (error: Error) => void
}

/** A group of a role, and this process's member of it. */
export type RunningGroup = { readonly group: Group; readonly member: Member }

/** Options that differ from the common ones; `positions` defaults to group commits. */
export type GroupMemberOptions = Partial<
  Pick<MemberOptions, 'positions' | 'keyOf' | 'unitOf' | 'storeIdentity' | 'concurrency' | 'window' | 'retry'>
> & {
  readonly handle: Handle
  /** Where the sources begin when the group is new. Default `earliest`. */
  readonly from?: StartPosition
}

/** Nothing was tried. */
const soon = { kind: 'again', afterMs: 1_000, counted: false } as const

/** A member of a catalogue's group, reading its sources and its retry topic. */
export function groupMember(
  platform: Platform,
  group: Group,
  { from = 'earliest', handle, ...options }: GroupMemberOptions,
): Member {
  const { log, logger, clock, concurrency, onFailed, around } = platform
  const { id, sources, role, failures } = group
  const runsHandlers = role === 'workers' || role === 'subscribers'
  const patient = waitingForSchemas(platform, group, handle)
  return new Member({
    group: id,
    topics: topicsOf(group),
    start: (topic) => (sources.includes(topic) ? from : 'earliest'),
    positions: groupPositions({ admin: log.admin, group: id, log: logger }),
    log,
    logger,
    clock,
    onFailed,
    ...(concurrency !== undefined && runsHandlers ? { concurrency } : {}),
    ...(runsHandlers ? { suspects: turnOf(platform) } : {}),
    ...(failures ? { journeyOf: (record) => (record.topic === failures.retry ? readJourney(record) : undefined) } : {}),
    handle: around ? around(group, patient) : patient,
    ...options,
  })
}

/** Nothing of the group starts while a schema is missing that each of its messages may need; all others wait where they are met. */
function waitingForSchemas(platform: Platform, group: Group, handle: Handle): Handle {
  const { late } = platform
  const subjects = writtenBy(platform, group)
  return late && subjects.length > 0 ? async (message) => (late.areMissing(subjects) ? soon : handle(message)) : handle
}

/** The subjects that a group itself writes under. What handlers send is not among them: not each sends all (outbox.ts). */
function writtenBy({ app, catalogue }: Platform, { role, name }: Group): readonly string[] {
  const { results, progress, deliveries } = catalogue
  if (role === 'callbacks') return [`${deliveries}-value`]
  const request = role === 'workers' ? app.requests[name] : undefined
  return request ? [`${results}-${request.result.name}`, `${results}-${Failure.name}`, `${progress}-value`] : []
}

/** The dead letters of a group that has a dead topic. */
export function groupDeadLetters({ producer, clock, logger }: Platform, { id, failures }: Group): DeadLetters {
  if (!failures) throw new TypeError(`group ${id} has no dead topic`)
  return deadLetters({ group: id, topic: failures.dead, producer, clock, logger: logger.child({ group: id }) })
}
