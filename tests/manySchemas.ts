// A folder of many subjects with many versions each, as a large organisation might have after years: a new version adds a field
// with a default, at times within a nested record, or a symbol to an enum that has a default.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AvroSchema } from '../app/record.ts'

export type ManySchemas = { readonly subjects: number; readonly versions: number }

/** Writes the folder; nothing in it breaks anything. */
export async function writeManySchemas(folder: string, { subjects, versions }: ManySchemas): Promise<void> {
  for (let subject = 1; subject <= subjects; subject++) {
    const of = join(folder, `subject${subject}`)
    await mkdir(of, { recursive: true })
    await writeFile(join(of, 'subject.json'), '{ "compatibility": "BACKWARD_TRANSITIVE", "owner": "many" }\n')
    for (let version = 1; version <= versions; version++)
      await writeFile(join(of, `v${version}.avsc`), JSON.stringify(manySchema(subject, version), null, 2))
  }
}

/** Twelve fields in the first version. */
export function manySchema(subject: number, version: number): AvroSchema {
  const added = (every: number, after: number): number[] =>
    Array.from({ length: version - 1 }, (_, index) => index + 2).filter((each) => each % every === after)
  return {
    type: 'record',
    name: `Subject${subject}`,
    namespace: 'many',
    doc: `Subject ${subject} of many.`,
    fields: [
      { name: 'id', type: 'string', doc: 'Who it is.' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'amount', type: 'double' },
      { name: 'count', type: 'int' },
      { name: 'serial', type: 'long' },
      { name: 'active', type: 'boolean' },
      {
        name: 'state',
        type: {
          type: 'enum',
          name: `State${subject}`,
          symbols: ['unknown', 'open', 'closed', ...added(3, 2).map((each) => `state${each}`)],
          default: 'unknown',
        },
      },
      { name: 'note', type: ['null', 'string'], default: null },
      { name: 'tags', type: { type: 'array', items: 'string' } },
      { name: 'labels', type: { type: 'map', values: 'string' } },
      {
        name: 'address',
        type: {
          type: 'record',
          name: `Address${subject}`,
          fields: [
            { name: 'street', type: 'string' },
            { name: 'city', type: 'string' },
            ...added(3, 1).map((each) => ({ name: `line${each}`, type: 'string', default: '' })),
          ],
        },
      },
      { name: 'former', type: ['null', `Address${subject}`], default: null },
      ...added(3, 0).map((each) => ({
        name: `field${each}`,
        type: ['null', 'int'],
        default: null,
        doc: `Since v${each}.`,
      })),
    ],
  }
}
