// Where a group's handler runs: in the process's own thread, or (`isolate: 'thread'`) in a handler thread. To the pipeline
// a handler that runs in a thread is a handler like any other; it only has to get one first, which costs an attempt no time.
import type { Context } from '../app/context.ts'
import type { KeyedEvent } from '../app/event.ts'
import type { Group } from '../kafka/catalogue.ts'
import type { Attempted } from './loopWatch.ts'
import type { Handler, Place } from './pipeline.ts'
import type { Platform, RunningGroup } from './role.ts'
import { snapshot } from './snapshot.ts'
import { type HandlerName, pack } from './threads/crossing.ts'
import type { Taken, Threads } from './threads/threads.ts'

/** Resolves when there is room for one more attempt; with undefined where the signal aborts first. */
type Enter = (signal: AbortSignal) => Promise<Place<unknown, unknown> | undefined>

/** What a group with `isolate: 'thread'` does differently. */
export type Isolation = { readonly concurrency: number; readonly enter: Enter }

/** Undefined for a handler that runs in place: none is asked for, or there is no module that a thread could load. */
export function isolationOf(platform: Platform, group: Group): Isolation | undefined {
  const { threads, concurrency = Number.POSITIVE_INFINITY } = platform
  const name = isolated(platform, group)
  if (!threads || !name) return undefined
  return { concurrency: Math.min(concurrency, threads.size), enter: entrance(platform, threads, { group, name }) }
}

/** The attempts that run in the process's own thread, the oldest of each group first. */
export const runningInPlace = (platform: Platform, groups: readonly RunningGroup[]): readonly Attempted[] =>
  groups
    .filter(
      ({ group }) =>
        ['workers', 'subscribers'].includes(group.role) && !(platform.threads && isolated(platform, group)),
    )
    .flatMap(({ group, member }) =>
      snapshot(member).working.map(({ id, attempt }) => ({ group: group.id, id, attempt })),
    )

/** The group's handler, if it is to run in a thread. */
function isolated({ app }: Pick<Platform, 'app'>, { role, name }: Group): HandlerName | undefined {
  if (role === 'workers' && app.requests[name]?.isolate) return { kind: 'request', name }
  if (role === 'subscribers' && app.subscribers[name]?.isolate) return { kind: 'subscriber', name }
  return undefined
}

type Whose = { readonly group: Group; readonly name: HandlerName }

const entrance =
  ({ app }: Platform, threads: Threads, whose: Whose): Enter =>
  async (signal) => {
    const thread = await threads.take(signal)
    if (!thread) return undefined
    const eventAt = (place: number): KeyedEvent => app.events[place] as KeyedEvent // its thread has loaded the same app
    return { handler: handlerIn(thread, eventAt, whose), [Symbol.dispose]: () => thread[Symbol.dispose]() }
  }

/** The handler as one that runs here: its thread tells what it would have told. */
const handlerIn =
  (thread: Taken, eventAt: (place: number) => KeyedEvent, { group, name }: Whose): Handler<unknown, unknown> =>
  async (input, { id, key, attempt, run, headers, signal, progress, send }: Context) => {
    const call = {
      ...name,
      input: pack(input),
      context: { id, key, attempt, run, headers },
      bindings: { group: group.id, id, attempt },
    }
    const onProgress = ({ fraction, message }: { readonly fraction: number; readonly message?: string }): void =>
      progress(fraction, message)
    const { output, sent } = await thread.run(call, { signal, onProgress })
    for (const { event, record } of sent) send(eventAt(event) as never, record as never)
    return output
  }
