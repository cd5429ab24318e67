// What is known about an id. I9: an id that this API gave out is never unknown while its record may still be unread.
import { retentionMs } from '../kafka/catalogue.ts'
import type { Clock } from '../process/clock.ts'
import type { Keyring } from '../process/keyring.ts'
import { parseRequestId } from '../process/requestId.ts'
import type { RequestView, Store } from '../store/store.ts'
import type { RequestType, RequestTypes } from './requestTypes.ts'
import type { Identified } from './resource.ts'

/** `view` is absent where no instance has read the request from its topic yet: it is queued. */
export type Found =
  | { readonly kind: 'known'; readonly identified: Identified; readonly view: RequestView | undefined }
  /** Not an id of ours, another client's, or of a request that never reached the log. */
  | { readonly kind: 'unknown' }
  /** Older than the log keeps requests. */
  | { readonly kind: 'no-longer-kept' }

export type LookupOptions = {
  readonly types: RequestTypes
  readonly store: Store
  readonly keyring: Keyring
  readonly clock: Clock
  /** How long after its id's time a request may still be written, ms. */
  readonly sendDeadlineMs: number
}

/** Looks up one client's request. */
export async function lookUp(
  { types, store, keyring, clock, sendDeadlineMs }: LookupOptions,
  id: string,
  client: string,
): Promise<Found> {
  const parsed = parseRequestId(keyring, id)
  if (!parsed?.isClient(client)) return { kind: 'unknown' }
  const type = [...types.values()].find(({ name }) => parsed.isType(name))?.name
  const seen = (view: RequestView | undefined): Found | undefined => {
    if (!view) return undefined
    const name = view.asked?.type ?? type
    if (name === undefined || (view.asked && view.asked.client !== client)) return { kind: 'unknown' }
    return { kind: 'known', identified: { id, type: name, timeMs: parsed.timeMs }, view }
  }
  const found = seen(await store.request(id))
  if (found) return found
  if (clock.now() - parsed.timeMs > retentionMs) return { kind: 'no-longer-kept' }
  if (type === undefined) return { kind: 'unknown' }
  if (!(await hasPassed(store, types.get(type)!, parsed.timeMs + sendDeadlineMs)))
    return { kind: 'known', identified: { id, type, timeMs: parsed.timeMs }, view: undefined }
  // it may have been projected between the first look and the reading of the positions
  return seen(await store.request(id)) ?? { kind: 'unknown' }
}

/** Whether status has read all that was written to any partition of the type's topic until then. */
async function hasPassed(store: Store, { topic, partitions }: RequestType, untilMs: number): Promise<boolean> {
  const read = await store.positions([topic]) // of more partitions than the app names, where an operator has added some
  return read.length >= partitions && read.every(({ passedMs }) => passedMs > untilMs)
}

/** Waits until the request has finished or the signal aborts; resolves with the latest view. */
export async function finished(
  store: Store,
  id: string,
  view: RequestView | undefined,
  signal: AbortSignal,
): Promise<RequestView | undefined> {
  let latest = view
  while (!latest?.answer && !signal.aborted) latest = await store.changed(id, latest?.revision ?? 0, signal)
  return latest
}
