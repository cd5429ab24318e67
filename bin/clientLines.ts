// Clients for a person's eyes, and for a program's.
import type { ClientEntry } from '../process/clientEntry.ts'
import type { Credentials } from '../process/credentials.ts'
import type { Granted } from '../store/clientChanges.ts'

/** A client without its secrets, as JSON. Times are in UTC. */
export type Listed = {
  readonly name: string
  /** The public part of the API key. */
  readonly key: string
  readonly createdAt: string
  readonly rotatedAt?: string
  readonly revokedAt?: string
  /** Absent where there is none any more. */
  readonly oldKeyValidUntil?: string
  /** Whether it may use `/v1/ops`. */
  readonly operate?: true
}

export function listed(entry: ClientEntry, nowMs: number): Listed {
  const { name, current, previous, createdAtMs, rotatedAtMs, revokedAtMs, operate } = entry
  const isOverlapping = previous && revokedAtMs === undefined && previous.validUntilMs > nowMs
  return {
    name,
    key: current.keyId,
    createdAt: time(createdAtMs),
    ...(rotatedAtMs !== undefined && { rotatedAt: time(rotatedAtMs) }),
    ...(revokedAtMs !== undefined && { revokedAt: time(revokedAtMs) }),
    ...(isOverlapping && { oldKeyValidUntil: time(previous.validUntilMs) }),
    ...(operate && { operate }),
  }
}

/** With its secrets: for once. */
export const listedGrant = ({ entry, credentials }: Granted): Listed & Credentials => ({
  ...listed(entry, entry.rotatedAtMs ?? entry.createdAtMs),
  ...credentials,
})

export function grantedLines(granted: Granted, what: 'added' | 'rotated'): readonly string[] {
  const { name, apiKey, callbackSecret, oldKeyValidUntil } = listedGrant(granted)
  const old = `The old key and secret are valid until ${oldKeyValidUntil}; until then callbacks carry both signatures.`
  const ended = 'The old key and secret are valid no more.'
  return [
    `${name} is ${what}. This is shown once, and kept nowhere:`,
    '',
    `  API key            ${apiKey}`,
    `  Callback secret    ${callbackSecret}`,
    '',
    ...(what === 'added' ? [] : [oldKeyValidUntil === undefined ? ended : old]),
    'Running processes know it within a second.',
  ]
}

/** A table. */
export function clientLines(all: readonly Listed[]): readonly string[] {
  if (all.length === 0) return ['There are no clients: `errand clients add <name>` makes one.']
  const short = (text: string | undefined): string => text?.replace('T', ' ').replace(/\..*/, '') ?? '-'
  const head = ['name', 'key', 'created', 'rotated', 'revoked', 'old key until', 'operates']
  const rows = all.map((each) => [
    each.name,
    each.key,
    ...[each.createdAt, each.rotatedAt, each.revokedAt, each.oldKeyValidUntil].map(short),
    each.operate ? 'yes' : '-',
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}

const time = (atMs: number): string => new Date(atMs).toISOString()
