// What tests of the blast radius have in common: flights in three versions, and the bytes of each.
import type { AvroSchema, RecordType } from '../../../../app/record.ts'
import type { Series } from '../../../../schemas/folder/folder.ts'
import { defaultSettings } from '../../../../schemas/folder/subjectSettings.ts'
import { type Proposal, proposalOf } from '../../../../schemas/gate/blastTopic.ts'

type Field = { readonly name: string; readonly type: AvroSchema; readonly default?: unknown }

export const recordSchema = (name: string, ...fields: readonly Field[]): AvroSchema => ({
  type: 'record',
  name,
  namespace: 'tests',
  fields,
})

/** Without a default: what it does not know it cannot read. */
export const status = (...symbols: readonly string[]): Field => ({
  name: 'status',
  type: { type: 'enum', name: 'Status', symbols },
})
export const origin: Field = { name: 'origin', type: 'string' }
export const gate: Field = { name: 'gate', type: ['null', 'string'], default: null }

export const flight = {
  v1: recordSchema('Flight', origin, status('ON_TIME', 'LATE')),
  v2: recordSchema('Flight', origin, status('ON_TIME', 'LATE', 'DIVERTED')),
  /** Reads what v1 wrote, and not what v2 wrote. */
  v3: recordSchema('Flight', origin, status('ON_TIME', 'LATE'), gate),
}

export const asRecord = <T = unknown>(schema: AvroSchema): RecordType<T> => ({
  name: `tests.${(schema as { readonly name?: string }).name}`,
  schema,
})

export const seriesOf = (name: string, ...schemas: readonly AvroSchema[]): Series => ({
  name,
  of: name.replace(/\/.*/, ''),
  part: name.includes('/') ? name.replace(/.*\//, '') : '',
  settings: defaultSettings,
  versions: schemas.map((schema, index) => ({
    version: index + 1,
    path: `schemas/${name}/v${index + 1}.avsc`,
    text: JSON.stringify(schema),
    schema,
  })),
})

export const proposal = (name: string, ...schemas: readonly AvroSchema[]): Proposal =>
  proposalOf(seriesOf(name, ...schemas))
