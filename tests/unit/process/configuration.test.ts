// docs/configuration.md says of every variable what there is to know, and of none that does not exist.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (file: string): string => readFileSync(file, 'utf8')
const named = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name]) => name!)

test('the documentation lists the variables that the configuration reads', () => {
  const fields = named(read('process/config.ts'), /^ {2}([A-Z][A-Z_]+):(?! true)/gm)
  const rows = named(read('docs/configuration.md'), /^\| `([A-Z_]+)` \|/gm)
  expect(fields.length).toBeGreaterThan(15)
  expect(rows.toSorted()).toEqual(fields.toSorted())
})

test('whatever variable the documentation or an error mentions exists', () => {
  const fields = named(read('process/config.ts'), /^ {2}([A-Z][A-Z_]+):(?! true)/gm)
  const files = ['process/tlsFault.ts', 'kafka/kafkajs/diagnosis.ts', 'schemas/registry/registryDiagnosis.ts']
  const mentioned = ['docs/configuration.md', 'README.md', ...files].flatMap((file) =>
    named(read(file), /\b((?:KAFKA|SCHEMA_REGISTRY)_[A-Z_]+[A-Z])\b/g),
  )
  expect([...new Set(mentioned)].filter((name) => !fields.includes(name))).toEqual([])
})
