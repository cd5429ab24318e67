// A folder of many schemas with many versions each, as a large app has them after years: records of ten fields, some of them of
// named types and unions, which get a field with a default in each version. The gate finds nothing in it.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes `subjects` events with versions 1 to `versions`. */
export async function writeManySchemas(
  folder: string,
  { subjects, versions }: { readonly subjects: number; readonly versions: number },
): Promise<void> {
  for (let subject = 1; subject <= subjects; subject++) {
    const event = join(folder, `event.${String(subject).padStart(5, '0')}`)
    await mkdir(event, { recursive: true })
    for (let version = 1; version <= versions; version++)
      await writeFile(join(event, `v${version}.avsc`), `${JSON.stringify(schemaOf(subject, version), null, 2)}\n`)
  }
}

const schemaOf = (subject: number, version: number) => ({
  type: 'record',
  name: `Event${subject}`,
  namespace: 'many',
  doc: `What the gate is timed with, as it was in version ${version}.`,
  fields: [
    { name: 'id', type: 'string', doc: 'Of the flight.' },
    { name: 'origin', type: { type: 'record', name: 'Airport', fields: [place('code'), place('city')] } },
    { name: 'destination', type: 'Airport' },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['PLANNED', 'LANDED'], default: 'PLANNED' } },
    { name: 'landed', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], default: null },
    { name: 'minutes', type: ['null', 'int'], default: null },
    { name: 'tags', type: { type: 'array', items: 'string' }, default: [] },
    { name: 'weights', type: { type: 'map', values: 'double' }, default: {} },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, default: '' },
    { name: 'count', type: 'long', default: 0 },
    ...Array.from({ length: version - 1 }, (_, index) => ({ ...place(`added${index + 2}`), default: '' })),
  ],
})

const place = (name: string) => ({ name, type: 'string' })
