// Two versions of one series for tests of what is found between them, and findings in short.
import type { AvroSchema } from '../../../../app/record.ts'
import type { Direction } from '../../../../schemas/compatibility/evolution.ts'
import type { Found } from '../../../../schemas/gate/finding.ts'
import type { VersionPair } from '../../../../schemas/gate/versionPair.ts'

type Options = { readonly part?: string; readonly directions?: readonly Direction[] }

export const pairOf = (
  older: unknown,
  newer: unknown,
  { part = '', directions = ['backward'] }: Options = {},
): VersionPair => ({ part, older: { version: 1, schema: older }, newer: { version: 2, schema: newer }, directions })

export type FieldJson = { readonly name: string; readonly type: AvroSchema; readonly [key: string]: unknown }

export const record = (name: string, ...fields: readonly FieldJson[]): AvroSchema => ({ type: 'record', name, fields })
export const field = (name: string, type: AvroSchema, more: object = {}): FieldJson => ({ name, type, ...more })

/** A record whose field `a` is of this type. */
export const holding = (type: AvroSchema, more: object = {}): AvroSchema => record('n.R', field('a', type, more))

export const told = (found: readonly Found[]): readonly string[] => found.map(({ type, at }) => `${type} ${at}`)
