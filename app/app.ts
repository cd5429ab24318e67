// The app: everything that its author declares, checked once, in one place.
import { type CallbackOptions, standardWaitsMs, waitsProblems } from './callbacks.ts'
import type { Logger } from './context.ts'
import { ErrandError } from './errors.ts'
import type { AnyEvent } from './event.ts'
import type { Request } from './request.ts'
import { handlingProblems } from './retry.ts'
import type { Subscriber } from './subscriber.ts'
import { isTwin, takeoverProblems } from './takeover.ts'

/** What `resources` is given: the process's environment and its log. */
export type ResourcesInput = { readonly env: Readonly<Record<string, string | undefined>>; readonly log: Logger }

/** An app's request types by their names. */
export type Requests<Resources> = Readonly<Record<string, Request<Resources>>>

export type AppDefinition<Resources, Types extends Requests<Resources> = Requests<Resources>> = {
  /** Also the default namespace. Letters, digits, `-` and `_`, beginning with a letter. */
  readonly name: string
  /**
   * Opens what handlers share, once a process. What it returns is disposed (`Symbol.asyncDispose` or `Symbol.dispose`)
   * when the process has drained.
   */
  readonly resources?: (input: ResourcesInput) => Promise<Resources>
  readonly events?: readonly AnyEvent[]
  readonly subscribers?: Readonly<Record<string, Subscriber<NoInfer<Resources>>>>
  readonly requests?: Types & Requests<NoInfer<Resources>>
  /** Partitions of every topic of the app: the most processes that can share one group's work. Default 12. */
  readonly partitions?: number
  /** How callbacks are tried again. */
  readonly callbacks?: CallbackOptions
}

export type App<Resources = unknown, Types extends Requests<Resources> = Requests<Resources>> = {
  readonly name: string
  readonly resources: (input: ResourcesInput) => Promise<Resources>
  readonly events: readonly AnyEvent[]
  readonly subscribers: Readonly<Record<string, Subscriber<Resources>>>
  readonly requests: Types
  readonly partitions: number
  readonly callbacks: Required<CallbackOptions>
}

/** An app whatever its resources are: enough to name topics, groups and subjects. */
export type AnyApp = Omit<App<never>, 'resources'>

const segment = /^[a-z][a-z0-9_-]*$/i
/** Leaves room for namespace, role and suffix within Kafka's 249 characters. */
const maxNameLength = 100

/** Names of the platform's own topics: an event must not take one. */
const reserved =
  /^(requests|workers|subscribers|callbacks|delay)(\.|$)|^(results|progress|deliveries|cancellations|members|controls|status)$|\.(retry|dead|state)$/
const dotted = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*$/i

/** What keeps names of one kind from being topics. */
const nameProblems = (names: readonly string[]): readonly string[] => [
  ...names.filter((each) => !dotted.test(each)).map((each) => `the name "${each}" must match ${dotted}`),
  ...names
    .filter((each) => each.length > maxNameLength)
    .map((each) => `the name "${each}" has more than ${maxNameLength} characters`),
  ...names.flatMap((each, index) => {
    const twin = names.slice(0, index).find((other) => other !== each && isTwin(other, each))
    return twin === undefined ? [] : [`the names "${twin}" and "${each}" would be one topic to Kafka`]
  }),
]

/**
 * Declares an app. Throws `invalid-app` with every problem found: names that cannot be topics, two events of one name or
 * topic, a subscriber of an event that the app does not list, a group that cannot be taken over, retries that make no sense.
 */
export function defineApp<Resources = undefined, Types extends Requests<Resources> = Record<never, never>>(
  definition: AppDefinition<Resources, Types>,
): App<Resources, Types> {
  const { name, events = [], subscribers = {}, partitions = 12 } = definition
  const callbacks = { waitsMs: standardWaitsMs, ...definition.callbacks }
  const requests = definition.requests ?? ({} as Types)
  const eventNames = events.map((event) => event.name)
  const problems = [
    ...(segment.test(name) ? [] : [`the app's name "${name}" must match ${segment}`]),
    ...(Number.isInteger(partitions) && partitions > 0
      ? []
      : [`partitions is ${partitions}; it must be a whole number above 0`]),
    ...[eventNames, Object.keys(requests), Object.keys(subscribers)].flatMap(nameProblems),
    ...eventNames
      .filter((each) => reserved.test(each))
      .map((each) => `the event name "${each}" is kept for a topic of the platform`),
    ...eventNames
      .filter((each, index) => eventNames.indexOf(each) < index)
      .map((each) => `two events are named "${each}"`),
    ...Object.entries(subscribers)
      .filter(([, { event }]) => !events.includes(event))
      .map(([each, { event }]) => `subscriber "${each}" reads "${event.name}", which the app's events do not list`),
    ...takeoverProblems(events, subscribers),
    ...Object.entries(requests).flatMap(([each, type]) => handlingProblems(`request type "${each}"`, type)),
    ...Object.entries(subscribers).flatMap(([each, type]) => handlingProblems(`subscriber "${each}"`, type)),
    ...waitsProblems(callbacks.waitsMs),
  ]
  if (problems.length > 0) throw new ErrandError('invalid-app', `this app cannot run:\n- ${problems.join('\n- ')}`)
  const resources = definition.resources ?? (() => Promise.resolve(undefined as Resources))
  const app = { name, resources, events, subscribers, requests, partitions, callbacks }
  declared.add(app)
  return app
}

const declared = new WeakSet<object>()

/** Whether this copy of the module has declared it. Another copy's errors and records are strangers here. */
export const isDeclared = (value: unknown): value is App =>
  typeof value === 'object' && value !== null && declared.has(value)
