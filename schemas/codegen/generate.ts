// TypeScript from Avro: per record a type and a value of the same name, so that a wrong schema is a compile error. typeText.ts
// has the table. A series' last version is what the app uses; the older ones say which fields are retired.
import { ErrandError } from '../../app/errors.ts'
import type { AvroSchema } from '../../app/record.ts'
import { avroType, shapeOf, type Type } from '../avro/avro.ts'
import { latestVersions, type Series } from '../folder/folder.ts'
import { defaultLevel } from '../folder/subjectSettings.ts'
import { retiredFields } from './retired.ts'
import { children, declaration, hasInit, initDeclaration, initName, type Named, quoted, typeName } from './typeText.ts'

type Declared = { readonly path: string; readonly type: Type; readonly shape: Named }

const maxColumns = 120
/** What generated.ts itself refers to. */
const taken = ['Buffer', 'Date', 'RecordType']
/** What a terminal would obey, and what turns a line around or ends it. A string with it escaped is the same string. */
const unseen = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * The text of `generated.ts`; the same series give the same text. `recordTypeFrom` is the module that `RecordType` is
 * imported from. Throws `schema-conflict` where one TypeScript name would mean two things, and `invalid-schema`.
 */
export function generateTypes(series: readonly Series[], { recordTypeFrom = 'errand' } = {}): string {
  const declared = new Map<string, Declared>()
  for (const { path, schema } of latestVersions(series)) declareNamed(avroType(schema), path, declared)
  for (const each of declared.values()) refuseInitConflict(each, declared)
  const values = new Map(series.map((each) => [avroType(each.versions.at(-1)!.schema).name ?? '', each]))
  return [
    '// Written by `errand schemas generate` from the .avsc files in this folder. Do not edit.',
    `import type { RecordType } from '${recordTypeFrom}'`,
    ...[...declared.values()].flatMap(({ type, shape }) => [
      '',
      ...declaration(shape),
      ...(shape.kind === 'record' && hasInit(type) ? ['', ...initDeclaration(shape)] : []),
      ...(values.has(shape.name) ? ['', ...constant(type, shape.name, values.get(shape.name)!)] : []),
    ]),
    '',
  ]
    .join('\n')
    .replace(unseen, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

/** Adds every named record and enum under its TypeScript name, outermost first. */
function declareNamed(type: Type, path: string, declared: Map<string, Declared>): void {
  const shape = shapeOf(type)
  if (shape.kind === 'record' || shape.kind === 'enum') {
    const name = typeName(shape.name)
    const other = declared.get(name)
    if (other?.type === type) return
    if (other || taken.includes(name)) {
      if (other && isAlike(other, { path, type, shape })) return
      throw conflict(name, shape.name, path, other)
    }
    declared.set(name, { path, type, shape })
  }
  for (const each of children(shape)) declareNamed(each, path, declared)
}

/** The same schema, and the same TypeScript: avsc does not tell a bigint from another long. */
const isAlike = (one: Declared, other: Declared): boolean =>
  JSON.stringify([one.type, declaration(one.shape)]) === JSON.stringify([other.type, declaration(other.shape)])

function conflict(name: string, full: string, path: string, other: Declared | undefined): ErrandError {
  const what = other ? `the different ${other.shape.name} of ${other.path}` : 'a name that generated.ts needs itself'
  return new ErrandError('schema-conflict', `${path}: ${full} would be called ${name}, like ${what}; rename one`)
}

function refuseInitConflict({ path, type, shape }: Declared, declared: ReadonlyMap<string, Declared>): void {
  const other = declared.get(initName(shape.name))
  if (other && shape.kind === 'record' && hasInit(type))
    throw new ErrandError(
      'schema-conflict',
      `${path}: ${shape.name} has fields with defaults, so that its values to be written would be called ${initName(shape.name)}, like ${other.shape.name} of ${other.path}; rename one`,
    )
}

function constant(type: Type, full: string, { settings, versions }: Series): readonly string[] {
  const name = typeName(full)
  const last = versions.at(-1)!
  const retired = retiredFields(versions.slice(0, -1).map(olderType), type)
  return [
    `export const ${name}: RecordType<${hasInit(type) ? `${name}, ${initName(full)}` : name}> = {`,
    `  name: ${quoted(full)},`,
    `  schema: ${literal(last.schema, '  ', '  schema: '.length)},`,
    ...(settings.compatibility === defaultLevel ? [] : [`  compatibility: ${quoted(settings.compatibility)},`]),
    ...(retired === undefined ? [] : [`  retired: ${literal(retired, '  ', '  retired: '.length)},`]),
    '}',
  ]
}

function olderType({ path, schema }: { readonly path: string; readonly schema: AvroSchema }): Type {
  try {
    return avroType(schema)
  } catch (cause) {
    throw new ErrandError('invalid-schema', `${path}: ${(cause as Error).message}`, { cause })
  }
}

/** JSON, on one line where it fits. */
function literal(value: unknown, indent: string, column: number): string {
  const line = inline(value)
  if (typeof value !== 'object' || value === null || column + line.length < maxColumns) return line
  const inner = `${indent}  `
  const entries = Object.entries(value).map(([key, each]) => {
    const name = Array.isArray(value) ? '' : `${propertyName(key)}: `
    return `${inner}${name}${literal(each, inner, inner.length + name.length)},\n`
  })
  return `${Array.isArray(value) ? '[' : '{'}\n${entries.join('')}${indent}${Array.isArray(value) ? ']' : '}'}`
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, each]) => `${propertyName(key)}: ${inline(each)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

/** `"__proto__": x` in a literal is no property. */
const propertyName = (key: string): string => (key === '__proto__' ? '["__proto__"]' : JSON.stringify(key))
