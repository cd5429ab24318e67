// Two versions of one series, as the gate compares them: what is found is a function of these, and of nothing else.
import type { Direction } from '../compatibility/evolution.ts'

/** Any JSON: it is a schema only where `schemaFindings` has nothing against it. */
export type NumberedSchema = { readonly version: number; readonly schema: unknown }

export type VersionPair = {
  /** `input` or `result` of a request type, empty for an event. */
  readonly part: string
  readonly older: NumberedSchema
  readonly newer: NumberedSchema
  /** What the level of the subject asks for: nothing at NONE. */
  readonly directions: readonly Direction[]
}
