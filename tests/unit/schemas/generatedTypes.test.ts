// The types of generated.ts take the values that are decoded, and those that may be written: one run of the compiler over
// random schemas, each with a value of either sort written out as TypeScript. `ERRAND_SCHEMAS=1000` is the long form.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { avroType, shapeOf, type Type } from '../../../schemas/avro/avro.ts'
import { generateTypes } from '../../../schemas/codegen/generate.ts'
import { hasInit } from '../../../schemas/codegen/typeText.ts'
import { defaultSettings } from '../../../schemas/folder/subjectSettings.ts'
import { arbitraryValue, typedSchema } from './typedArbitrary.ts'

const root = resolve(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'errand-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

const cases = Number(process.env.ERRAND_SCHEMAS || 100)

/** A value as a person would write it. */
function literal(value: unknown): string {
  if (Buffer.isBuffer(value)) return `Buffer.from(${JSON.stringify(value.toString('base64'))}, 'base64')`
  if (value instanceof Date) return `new Date(${value.getTime()})`
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'number' ? String(value) : JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([key, each]) => `[${JSON.stringify(key)}]: ${literal(each)}`)
    .join(', ')} }`
}

/** As it comes out of bytes. */
const decoded = (type: Type, value: unknown): unknown => type.fromBuffer(type.toBuffer(value))

test('whatever is decoded is of its type, and whatever may be left out may be', () => {
  const schemas = fc.sample(typedSchema, { numRuns: cases, seed: 7 })
  const modules = schemas.flatMap((schema, index) => {
    const type = avroType(schema)
    const shape = shapeOf(type)
    if (shape.kind !== 'record') throw new Error('no record')
    const series = { name: 't', of: 't', part: '', settings: defaultSettings }
    const text = generateTypes([{ ...series, versions: [{ version: 1, path: 't', text: '', schema }] }])
    const [read] = fc.sample(arbitraryValue(type, 'read'), { numRuns: 1, seed: index })
    const [written] = fc.sample(arbitraryValue(type, 'written'), { numRuns: 1, seed: index })
    return [
      `namespace S${index} {${text.slice(text.indexOf('\n', text.indexOf('import ')))}}`,
      `export const read${index}: S${index}.Type0 = ${literal(decoded(type, read))}`,
      `export const written${index}: S${index}.Type0${hasInit(type) ? 'Init' : ''} = ${literal(written)}`,
    ]
  })
  const wrong = 'export const wrong: Date = 7' // so that the compiler is seen to look
  const { stdout } = compile([wrong, "import type { RecordType } from 'errand'", ...modules].join('\n'))
  expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^cases.ts\(1,14\): error TS2322/)])
  expect(modules.filter((text) => text.includes('Init = {')).length).toBeGreaterThan(cases / 4)
})

function compile(text: string) {
  writeFileSync(join(folder, 'cases.ts'), text)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = {
    ...{ erasableSyntaxOnly: false, noUnusedLocals: false, typeRoots: [join(root, 'node_modules/@types')] },
    paths: { errand: [join(root, 'app/index.ts')] },
  }
  const settings = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['cases.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  return spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
}
