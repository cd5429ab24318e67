// A series without files, for tests of the gate.
import type { SchemaVersion, Series } from '../../../../schemas/folder/folder.ts'
import { defaultSettings, type SubjectSettings } from '../../../../schemas/folder/subjectSettings.ts'

type Given = { readonly name?: string; readonly settings?: Partial<SubjectSettings> }

/** `versions` by number. */
export function series(
  versions: Readonly<Record<number, unknown>>,
  { name = 'flight.landed', settings = {} }: Given = {},
): Series {
  const [of = '', part = ''] = name.split('/')
  return {
    name,
    of,
    part,
    settings: { ...defaultSettings, ...settings },
    versions: Object.entries(versions).map(
      ([version, schema]): SchemaVersion => ({
        version: Number(version),
        path: `schemas/${of}/${part ? `${part}.` : ''}v${version}.avsc`,
        text: JSON.stringify(schema),
        schema: schema as SchemaVersion['schema'],
      }),
    ),
  }
}

type Field = { readonly name: string; readonly type: unknown; readonly default?: unknown }

export const record = (...fields: readonly Field[]) => ({
  type: 'record',
  name: 'Landed',
  namespace: 'flights',
  fields,
})
