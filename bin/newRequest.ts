// What `errand new request` writes: schemas, a handler and its test, which say what to replace.
import { Script } from 'node:vm'
import { ErrandError } from '../app/errors.ts'
import { defaultLevel } from '../schemas/folder/subjectSettings.ts'
import type { AppFile } from './appFiles.ts'

/** A new request type and what it is called in code: `price-quote`, `priceQuote`, `PriceQuoteInput`, `PriceQuoteResult`. */
export type NewRequest = {
  readonly name: string
  readonly handler: string
  readonly input: string
  readonly result: string
}

/** Names that the test itself imports. */
const taken = ['expect', 'test', 'testContext']

/** Throws `bad-name` where a request type or a function cannot be called so. */
export function newRequest(name: string): NewRequest {
  if (!/^[a-z][a-z0-9]*([._-][a-z0-9]+)*$/i.test(name))
    throw new ErrandError(
      'bad-name',
      `a request type cannot be called "${name}": a letter first, then letters and digits, with single - _ or . between words, such as price-quote`,
    )
  const record = name.replaceAll(/(?:^|[._-])(.)/g, (_, first: string) => first.toUpperCase())
  const handler = record.charAt(0).toLowerCase() + record.slice(1)
  if (!isVariable(handler) || taken.includes(handler))
    throw new ErrandError(
      'bad-name',
      `its handler would be called "${handler}", which is a name of the language or of its test; try ${name}-order or the like`,
    )
  return { name, handler, input: `${record}Input`, result: `${record}Result` }
}

/** Compiles, and never runs, a declaration of that name. */
function isVariable(name: string): boolean {
  try {
    new Script(`'use strict'; (async function* () { const ${name} = 0 })`)
    return true
  } catch {
    return false
  }
}

/** `namespace` is the app's in Avro. */
export const newSchemas = ({ name, input, result }: NewRequest, namespace: string): readonly AppFile[] => [
  {
    path: `schemas/${name}/input.v1.avsc`,
    text: `{
  "type": "record",
  "name": "${input}",
  "namespace": "${namespace}",
  "doc": "What is asked.",
  "fields": [{ "name": "text", "type": "string", "doc": "Replace this.", "example": "hello" }]
}
`,
  },
  {
    path: `schemas/${name}/result.v1.avsc`,
    text: `{
  "type": "record",
  "name": "${result}",
  "namespace": "${namespace}",
  "doc": "What is answered.",
  "fields": [{ "name": "length", "type": "int", "doc": "Replace this: how many characters the text has." }]
}
`,
  },
]

/** What new versions owe to old ones, and whose they are. */
export const newSettings = ({ name }: NewRequest, owner: string): AppFile => ({
  path: `schemas/${name}/subject.json`,
  text: lines(`{ "compatibility": "${defaultLevel}", "owner": "${owner}" }`),
})

export const newCode = ({ handler, input, result }: NewRequest): readonly AppFile[] => [
  {
    path: `requests/${handler}.ts`,
    text: lines(
      "import { type Context, RejectedError } from 'errand'",
      `import type { ${input}, ${result} } from '../schemas/generated.ts'`,
      '',
      '/** What it returns is the result. A RejectedError is told to the client as it is; after any other error it is tried again. */',
      `export async function ${handler}({ text }: ${input}, { progress }: Context): Promise<${result}> {`,
      "  if (text === '') throw new RejectedError('no-text', 'the text is empty')",
      "  progress(0.5, 'counting')",
      '  return { length: text.length }',
      '}',
    ),
  },
  {
    path: `tests/${handler}.test.ts`,
    text: lines(
      "import { testContext } from 'errand/testing'",
      "import { expect, test } from 'vitest'",
      `import { ${handler} } from '../requests/${handler}.ts'`,
      '',
      `test('${handler} answers', async () => {`,
      `  expect(await ${handler}({ text: 'hello' }, testContext())).toEqual({ length: 5 })`,
      '})',
      '',
      `test('${handler} tells the client what is wrong', async () => {`,
      `  await expect(${handler}({ text: '' }, testContext())).rejects.toMatchObject({ code: 'no-text' })`,
      '})',
    ),
  },
]

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`
