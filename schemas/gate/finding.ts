// What the gate holds against a version: what no registry would let in, and what every registry would.
//
//   compatibility   one version cannot read what another wrote, at the level of the subject (Avro's own rules)
//   runtime         a registry says yes, and a consumer of this platform fails all the same
//   shape           the JavaScript value that a handler gets is another
//   meaning         the same bytes, and they mean something else
//   http            Avro can bridge it, clients and receivers of callbacks cannot
//   released        a version that is out was changed or is gone (I6)
//   golden          bytes that were once written are read as something else
//   generated       what is generated from the schemas is not what they say
//   registry        the registry holds, or says, otherwise
import type { Direction } from '../compatibility/evolution.ts'

export const severities = [
  'compatibility',
  'runtime',
  'shape',
  'meaning',
  'http',
  'released',
  'golden',
  'generated',
  'registry',
] as const

export type Severity = (typeof severities)[number]

/** Of a file that says nothing, as it is broken: it ends the command with 2. */
export const isOfBrokenFile = ({ type }: { readonly type: string }): boolean =>
  type === 'INVALID_SCHEMA' || type === 'GOLDEN_BROKEN'

/** Of a version that is no longer what records were written with (I6), of what one command mends, or of an answer that is none. */
const isMendedOnly = ({ type }: { readonly type: string }): boolean =>
  ['CHANGED', 'DELETED', 'NOT_LATEST', 'STALE', 'TOPIC_NOT_READ_WHOLE'].includes(type)

/** Nobody accepts for a time what is broken, or can only be mended. */
export const isWaivable = (finding: { readonly type: string }): boolean =>
  !isOfBrokenFile(finding) && !isMendedOnly(finding)

/** What there is to say of one schema, or of two. */
export type Found = {
  readonly severity: Severity
  /** Stable, in capitals: what a waiver and a machine know it by. */
  readonly type: string
  /** Where in the newer version: a JSON Pointer, "/" is the root; of a field that is gone, where it would be by its name. */
  readonly at: string
  readonly direction?: Direction
  /** What happened and why, a sentence; names versions as v1, v2. */
  readonly message: string
  /** What to do. */
  readonly hint?: string
  /** Why not even the nearest branch of a union fits. */
  readonly causes?: readonly string[]
}

export type GateFinding = Found & {
  /** `punctuality/input`, `flight.landed`: the series that it is about. */
  readonly series: string
  /** The version that brought it. */
  readonly version: number
  /** The older version that it was compared with. */
  readonly against?: number
  /** The file that `at` lies in. */
  readonly path: string
  readonly waiver?: { readonly reason: string; readonly until: string; readonly isExpired: boolean }
}
