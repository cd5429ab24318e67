// What is kept of a client, and what becomes of it: added, rotated, revoked, added again. Pure. A client has at most two
// keys and two secrets: the current ones and, for an overlap, the ones before.
import { ErrandError } from '../app/errors.ts'
import type { KeptCredentials } from './credentials.ts'

/** A newer version may keep more in it, so that whoever changes an entry takes along what it does not know (I10). */
export type ClientEntry = {
  readonly name: string
  readonly createdAtMs: number
  readonly rotatedAtMs?: number
  readonly revokedAtMs?: number
  /** The scope `operate`: it may use `/v1/ops`. */
  readonly operate?: true
  readonly current: KeptCredentials
  /** Valid too, until then. */
  readonly previous?: KeptCredentials & { readonly validUntilMs: number }
}

/** The client of a development system: `errand dev` adds it for itself. */
export const developmentName = 'development'

/** In lower case, so that no two names differ by it alone; without "/", which ends it in a record's key. */
const nameForm = /^[a-z][a-z0-9._-]{0,62}$/

/** A new client, or one that had been revoked. Throws `invalid-name` or `client-exists`. */
export function added(
  entry: ClientEntry | undefined,
  {
    name,
    current,
    nowMs,
    operate = false,
  }: {
    readonly name: string
    readonly current: KeptCredentials
    readonly nowMs: number
    readonly operate?: boolean
  },
): ClientEntry {
  if (!nameForm.test(name))
    throw new ErrandError(
      'invalid-name',
      `"${name}" cannot be a client's name: write 1 to 63 lower-case letters, digits, ".", "_" or "-", a letter first`,
    )
  if (entry && entry.revokedAtMs === undefined)
    throw new ErrandError(
      'client-exists',
      `there is a client ${name} already; for a new key run: errand clients rotate ${name}`,
    )
  return { name, createdAtMs: nowMs, ...(operate && { operate }), current }
}

/**
 * The client with new credentials; the ones before stay valid for the overlap, 0 = not at all. Throws `unknown-client`,
 * `client-revoked`, or `still-rotating`: a third key would have to end the first before the time it was promised.
 */
export function rotated(
  entry: ClientEntry | undefined,
  {
    name,
    current,
    nowMs,
    overlapMs,
  }: {
    readonly name: string
    readonly current: KeptCredentials
    readonly nowMs: number
    readonly overlapMs: number
  },
): ClientEntry {
  const { previous, ...rest } = known(entry, name)
  if (rest.revokedAtMs !== undefined)
    throw new ErrandError(
      'client-revoked',
      `${name} has been revoked; to give it a new key run: errand clients add ${name}`,
    )
  if (overlapMs > 0 && previous && previous.validUntilMs > nowMs)
    throw new ErrandError(
      'still-rotating',
      `${name}'s key before the current one is valid until ${new Date(previous.validUntilMs).toISOString()}: ` +
        'wait for that, or end both old keys at once with --overlap 0',
    )
  const ending = { ...rest.current, validUntilMs: nowMs + overlapMs }
  return { ...rest, rotatedAtMs: nowMs, current, ...(overlapMs > 0 && { previous: ending }) }
}

/** The client without any valid key; no callback of it goes out any more. As it is where it was revoked before. Throws `unknown-client`. */
export const revoked = (
  entry: ClientEntry | undefined,
  { name, nowMs }: { readonly name: string; readonly nowMs: number },
): ClientEntry => ({ revokedAtMs: nowMs, ...known(entry, name) })

function known(entry: ClientEntry | undefined, name: string): ClientEntry {
  if (!entry)
    throw new ErrandError('unknown-client', `there is no client ${name}; \`errand clients list\` shows those there are`)
  return entry
}
