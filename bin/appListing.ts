// Lists a request type in the text of an app's module, where the place is unmistakable: one `requests: {` after one
// `defineApp(`, and one import from 'errand'. Elsewhere a person does it.
import type { NewRequest } from './newRequest.ts'

export type Listing =
  | { readonly kind: 'listed'; readonly text: string }
  | { readonly kind: 'unclear'; readonly why: string }
  /** The module already has something of one of these names. */
  | { readonly kind: 'taken'; readonly name: string }

const generated = './schemas/generated.ts'

/** The lines that list it, for a person to paste. */
export const linesOf = (request: NewRequest): { readonly imports: readonly string[]; readonly entry: string } => ({
  imports: [
    `import { ${request.handler} } from './requests/${request.handler}.ts'`,
    `import { ${request.input}, ${request.result} } from '${generated}'`,
  ],
  entry: `${/^\w+$/.test(request.name) ? request.name : `'${request.name}'`}: request(${request.input}, ${request.result}, ${request.handler})`,
})

export function listRequest(text: string, request: NewRequest): Listing {
  const { handler, input, result } = request
  const name = [handler, input, result].find((each) => declares(withoutComments(text), each))
  if (name !== undefined) return { kind: 'taken', name }
  const place = placeOf(withoutComments(text))
  if (typeof place === 'string') return { kind: 'unclear', why: place }
  const errand = importsOf(text).filter(({ from, names }) => from === 'errand' && names)
  if (errand.length !== 1) return { kind: 'unclear', why: "it does not import from 'errand' in one place" }
  const listed = insertEntry(text, place, linesOf(request).entry)
  const imported = addImport(listed, generated, [input, result])
  const called = addImport(imported, `./requests/${handler}.ts`, [handler])
  return { kind: 'listed', text: addImport(called, 'errand', ['request']) }
}

/** Blanked, so that every index stays what it is. */
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, (token) =>
    token.startsWith('/') ? token.replaceAll(/[^\n]/g, ' ') : token,
  )

const declares = (text: string, name: string): boolean =>
  new RegExp(`\\b(const|let|var|function|class)\\s+${name}\\b`).test(text) ||
  importsOf(text).some(({ statement }) => new RegExp(`\\b${name}\\b(?=[^'"]*['"][^'"]*['"])`).test(statement))

/** The index behind the brace of the one `requests: {`, or why there is none. */
function placeOf(text: string): number | string {
  const apps = [...text.matchAll(/\bdefineApp\s*(?:<[^>(]*>)?\(/g)]
  const requests = [...text.matchAll(/\brequests\s*:\s*\{/g)]
  if (apps.length !== 1) return `it calls defineApp ${apps.length} times`
  if (requests.length !== 1) return `it has "requests: {" ${requests.length} times`
  const [place] = requests
  return place!.index > apps[0]!.index ? place!.index + place![0].length : '"requests: {" stands before defineApp'
}

function insertEntry(text: string, place: number, entry: string): string {
  const [before, after] = [text.slice(0, place), text.slice(place)]
  if (!/^[ \t]*\r?\n/.test(after)) {
    const empty = /^\s*\}/.test(after)
    return empty ? `${before} ${entry} ${after.trimStart()}` : `${before} ${entry},${after}`
  }
  const line = before.slice(before.lastIndexOf('\n') + 1)
  return `${before}\n${/^\s*/.exec(line)![0]}  ${entry},${after}`
}

type Import = {
  readonly statement: string
  readonly index: number
  readonly from: string
  /** What stands between the braces; undefined where there are none. */
  readonly names: string | undefined
}

const importsOf = (text: string): readonly Import[] =>
  [...text.matchAll(/^import\s+(?:(type\s+)?(\{[^}]*\}|[^'"{]+?)\s+from\s+)?(['"])([^'"]+)\3;?/gm)].map(
    ({ 0: statement, 1: type, 2: names, 4: from = '', index }) => ({
      statement,
      index,
      from,
      names: type === undefined && names?.startsWith('{') ? names.slice(1, -1) : undefined,
    }),
  )

/** Adds what is missing of `names` to the import from there, or a new one where paths are in order. */
function addImport(text: string, from: string, names: readonly string[]): string {
  const imports = importsOf(text)
  const there = imports.find((each) => each.from === from && each.names !== undefined)
  if (there?.names !== undefined) {
    const had = there.names
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)
    const all = [...had, ...names.filter((name) => !had.includes(name))]
    if (all.length === had.length) return text
    const plain = (name: string): string => name.replace(/^type /, '').toLowerCase()
    const sorted = all.sort((one, other) => (plain(one) < plain(other) ? -1 : 1))
    const broken = there.names.includes('\n')
    const list = broken ? `{\n${sorted.map((name) => `  ${name},\n`).join('')}}` : `{ ${sorted.join(', ')} }`
    return replaceAt(
      text,
      there,
      there.statement.replace(/\{[^}]*\}/, () => list),
    )
  }
  const last = imports.at(-1)!
  const [quote, end] = [/['"]/.exec(last.statement)![0], last.statement.endsWith(';') ? ';' : '']
  const statement = `import { ${names.join(', ')} } from ${quote}${from}${quote}${end}`
  const next = imports.find((each) => each.from.startsWith('.') && each.from > from)
  return next
    ? replaceAt(text, next, `${statement}\n${next.statement}`)
    : replaceAt(text, last, `${last.statement}\n${statement}`)
}

const replaceAt = (text: string, { index, statement }: Import, by: string): string =>
  `${text.slice(0, index)}${by}${text.slice(index + statement.length)}`
