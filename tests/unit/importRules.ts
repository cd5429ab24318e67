// The house rules (docs/architecture.md) as functions from what is there to what is forbidden in it.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export type Source = { readonly file: string; readonly text: string }

/** One import: `to` is a file of this repository, or a package as it is written after `from`. */
export type Edge = { readonly from: string; readonly to: string }

/** A room imports itself and the rooms before it. */
export const rooms = ['app', 'process', 'store', 'kafka', 'schemas', 'producers', 'consumers', 'api', 'bin']

/** Beside the rooms: `client` imports nothing of ours, `testing` anything, and no room imports `testing`. */
const beside = ['client', 'testing']

const groups = ['workers', 'subscribers', 'callbacks', 'status', 'delay']

/** Who alone may import a library, where more is said than that it has one room. */
const owners: Readonly<Record<string, string>> = {
  kafkajs: 'kafka/kafkajs/',
  express: 'api/',
  pino: 'process/log.ts',
  zod: 'process/config.ts',
}

export const readSources = (...patterns: readonly string[]): readonly Source[] =>
  globSync(patterns, { exclude: ['**/node_modules/**'] })
    .sort()
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))

export const readRooms = (): readonly Source[] => readSources(...[...rooms, ...beside].map((room) => `${room}/**/*.ts`))

export const importsOf = (sources: readonly Source[]): readonly Edge[] =>
  sources.flatMap(({ file, text }) =>
    [...text.matchAll(/^(?:import|export)\s(?:[^'=(;]*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/gm)]
      .map(([, still, dynamic]) => still ?? dynamic!)
      .map((to) => ({ from: file, to: to.startsWith('.') ? normalize(join(dirname(file), to)) : to })),
  )

export const show = (edges: readonly Edge[]): readonly string[] => edges.map(({ from, to }) => `${from} -> ${to}`)

const top = (path: string): string => path.split('/')[0]!
const isFile = (to: string): boolean => to.endsWith('.ts')
const isLibrary = (to: string): boolean => !isFile(to) && !to.startsWith('node:')
/** `@scope/name/path` and `name/path` without the path. */
const libraryOf = (to: string): string => (/^(?:@[^/]+\/)?[^/]+/.exec(to) as RegExpExecArray)[0]

/** A room that imports a later one, `testing`, or anything else that is not a room of ours. */
export const againstTheOrder = (edges: readonly Edge[]): readonly Edge[] =>
  edges.filter(({ from, to }) => {
    if (!isFile(to) || !rooms.includes(top(from))) return false
    return rooms.includes(top(to)) ? rooms.indexOf(top(to)) > rooms.indexOf(top(from)) : !mayImportBeside(from, to)
  })

const mayImportBeside = (from: string, to: string): boolean =>
  (from.startsWith('consumers/callbacks/') && to === 'client/signature.ts') ||
  (top(from) === 'bin' && top(to) === 'client')

/** `client` is taken along by other programs: it imports only itself and Node. `testing` imports rooms and itself. */
export const fromBeside = (edges: readonly Edge[]): readonly Edge[] =>
  edges.filter(({ from, to }) =>
    top(from) === 'client'
      ? top(to) !== 'client' && !to.startsWith('node:')
      : top(from) === 'testing' && isFile(to) && ![...rooms, 'testing'].includes(top(to)),
  )

/** A folder named after a consumer group that imports a sibling group. */
export const betweenGroups = (edges: readonly Edge[]): readonly Edge[] => {
  const groupOf = (file: string) => groups.find((group) => file.startsWith(`consumers/${group}/`))
  return edges.filter(({ from, to }) => groupOf(from) && groupOf(to) && groupOf(from) !== groupOf(to))
}

/** Imports of the operator's desk for dead letters by what runs groups: those write letters, and know nothing of what becomes of them. */
export const intoLetters = (edges: readonly Edge[]): readonly Edge[] => {
  const isDesk = (file: string): boolean => file.startsWith('consumers/letters/')
  return edges.filter(({ from, to }) => top(from) === 'consumers' && !isDesk(from) && isDesk(to))
}

/** Imports of a library by another than its owner or, where none is named, than the room that imports it first. */
export const strayLibraries = (edges: readonly Edge[]): readonly Edge[] => {
  const libraries = edges.filter(({ to }) => isLibrary(to)).map(({ from, to }) => ({ from, to: libraryOf(to) }))
  const firstRoom = new Map(libraries.toReversed().map(({ from, to }) => [to, `${top(from)}/`]))
  return libraries.filter(({ from, to }) => !from.startsWith(owners[to] ?? firstRoom.get(to)!))
}

/** Files outside `bin/` that read the environment. */
export const environmentReaders = (sources: readonly Source[]): readonly string[] =>
  sources
    .filter(({ file, text }) => top(file) !== 'bin' && /\bprocess\.env\b|'node:process'/.test(text))
    .map(({ file }) => file)

/** A program exports nothing: it is there to be run. */
export const importedPrograms = (edges: readonly Edge[], sources: readonly Source[]): readonly Edge[] => {
  const programs = new Set(sources.filter(({ text }) => !/^export /m.test(text)).map(({ file }) => file))
  return edges.filter(({ to }) => programs.has(to))
}

/** Every cycle, once, as the files along it. */
export function cycles(edges: readonly Edge[]): readonly string[] {
  const targets = Map.groupBy(edges, ({ from }) => from)
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (done.has(file) || path.includes(file)) return
    for (const { to } of targets.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of targets.keys()) visit(file, [])
  return found
}

/** An example that imports more than published paths of errand, its own dependencies and its own files. */
export const beyondAnExample = (
  edges: readonly Edge[],
  { folder, allowed }: { readonly folder: string; readonly allowed: readonly string[] },
): readonly Edge[] =>
  edges.filter(({ from, to }) => {
    if (!from.startsWith(folder) || to.startsWith('node:')) return false
    return isFile(to) ? !to.startsWith(folder) : !allowed.includes(to)
  })

export const tooLong = (sources: readonly Source[], lines = 250): readonly string[] =>
  sources
    .map(({ file, text }) => ({ file, length: text.trimEnd().split('\n').length }))
    .filter(({ file, length }) => length > lines && !file.endsWith('/generated.ts'))
    .map(({ file, length }) => `${file} has ${length} lines`)

/** Names that say nothing. An `index.ts` is for a published path only. */
export const vagueNames = (files: readonly string[], published: readonly string[]): readonly string[] =>
  files.filter(
    (file) =>
      /(^|\/)(types|utils|util|helpers|lib|common|shared|misc)(\.test)?(\.ts$|\/)/.test(file) ||
      (/(^|\/)index\.ts$/.test(file) && !published.includes(file)),
  )
