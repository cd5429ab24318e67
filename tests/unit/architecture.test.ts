// Each rule twice: over this repository, and over something forbidden, so that the guard has been seen to fail.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  againstTheOrder,
  betweenGroups,
  beyondAnExample,
  cycles,
  type Edge,
  environmentReaders,
  fromBeside,
  importedPrograms,
  importsOf,
  intoLetters,
  readRooms,
  readSources,
  rooms,
  show,
  strayLibraries,
  tooLong,
  vagueNames,
} from './importRules.ts'

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))
const sources = readRooms()
const edges = importsOf(sources)
const everything = [...sources, ...readSources('tests/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', '*.ts')]
const published: Readonly<Record<string, string>> = json('package.json').exports
const unbuilt: Readonly<Record<string, string>> = json('examples/errand/package.json').exports
/** `./dist/app/index.js` is built from `app/index.ts`. */
const entries = Object.values(published).map((path) => path.replace('./dist/', '').replace(/\.js$/, '.ts'))
const edge = (from: string, to: string): Edge => ({ from, to })

test('imports are read whichever way they are written', () => {
  const text = [
    "import { a } from './a.ts'",
    "import type { b } from '../process/b.ts'",
    'import {',
    '  c,',
    "} from 'c'",
    "import './d.ts'",
    "export { e } from './e.ts'",
    "const f = await import('f/g')",
    'export const carried = {',
    "  from: 'h',",
    '}',
  ].join('\n')
  expect(importsOf([{ file: 'app/x.ts', text }]).map(({ to }) => to)).toEqual([
    ...['app/a.ts', 'process/b.ts', 'c', 'app/d.ts', 'app/e.ts', 'f/g'],
  ])
})

test('the rooms are there, and import each other', () => {
  expect(new Set(sources.map(({ file }) => file.split('/')[0]))).toEqual(new Set([...rooms, 'client', 'testing']))
  expect(edges.length).toBeGreaterThan(100)
})

describe('a room imports only itself and the rooms before it', () => {
  test('here', () => expect(show(againstTheOrder(edges))).toEqual([]))
  test.each([
    edge('app/event.ts', 'process/log.ts'),
    edge('kafka/headers.ts', 'schemas/codec.ts'),
    edge('consumers/member.ts', 'api/app.ts'),
    edge('api/app.ts', 'testing/manualClock.ts'),
    edge('consumers/member.ts', 'client/signature.ts'),
    edge('consumers/callbacks/dispatcher.ts', 'client/index.ts'),
    edge('bin/dev.ts', 'examples/flights/app.ts'),
  ])('$from -> $to is refused', (bad) => {
    const good = [
      edge('consumers/callbacks/dispatcher.ts', 'client/signature.ts'),
      edge('api/app.ts', 'app/app.ts'),
      edge('api/app.ts', 'express'),
    ]
    expect(againstTheOrder([...good, bad])).toEqual([bad])
  })
})

describe('client imports only itself and Node, testing only rooms', () => {
  test('here', () => expect(show(fromBeside(edges))).toEqual([]))
  test.each([
    edge('client/client.ts', 'app/errors.ts'),
    edge('client/client.ts', 'undici'),
    edge('testing/testApp.ts', 'tests/system.ts'),
  ])('$from -> $to is refused', (bad) => {
    const good = [edge('client/client.ts', 'client/signature.ts'), edge('testing/testApp.ts', 'consumers/member.ts')]
    expect(fromBeside([...good, bad])).toEqual([bad])
  })
})

describe('a consumer group never imports a sibling group', () => {
  test('here', () => expect(show(betweenGroups(edges))).toEqual([]))
  test('workers -> callbacks is refused', () => {
    const good = edge('consumers/workers/role.ts', 'consumers/member.ts')
    const bad = edge('consumers/workers/role.ts', 'consumers/callbacks/claim.ts')
    expect(betweenGroups([good, bad])).toEqual([bad])
  })
})

describe('a consumer group knows nothing of the desk for dead letters', () => {
  test('here', () => expect(show(intoLetters(edges))).toEqual([]))
  test('workers -> letters is refused', () => {
    const good = edge('api/ops/deadLetters.ts', 'consumers/letters/letterDesk.ts')
    const bad = edge('consumers/workers/workers.ts', 'consumers/letters/letterScan.ts')
    expect(intoLetters([good, bad])).toEqual([bad])
  })
})

describe('a library has one owner', () => {
  test('here', () => expect(show(strayLibraries(edges))).toEqual([]))
  test.each([
    edge('consumers/member.ts', 'kafkajs'),
    edge('kafka/log.ts', 'kafkajs'),
    edge('bin/dev.ts', 'express'),
    edge('process/config.ts', 'pino'),
    edge('api/app.ts', 'zod'),
    edge('kafka/headers.ts', 'avsc'),
  ])('$to in $from is refused', (bad) => {
    const good = [
      edge('schemas/codec.ts', 'avsc'),
      edge('schemas/check.ts', 'avsc/types'),
      edge('kafka/kafkajs/writer.ts', 'kafkajs'),
      edge('process/log.ts', 'pino'),
      edge('api/app.ts', 'express'),
    ]
    expect(strayLibraries([...good, bad])).toEqual([bad])
  })
})

describe('only bin reads the environment', () => {
  test('here', () => expect(environmentReaders(sources)).toEqual([]))
  test('a room that does is refused', () => {
    const reader = { file: 'api/app.ts', text: 'const port = process.env.PORT' }
    const other = { file: 'api/env.ts', text: "import { env } from 'node:process'" }
    expect(environmentReaders([reader, other, { ...reader, file: 'bin/errand.ts' }])).toEqual([
      'api/app.ts',
      'api/env.ts',
    ])
  })
})

describe('nothing imports a program', () => {
  test('here', () => expect(show(importedPrograms(edges, sources))).toEqual([]))
  test('an import of one is refused', () => {
    const program = { file: 'bin/errand.ts', text: 'await run()' }
    const verb = { file: 'bin/start.ts', text: 'export const start = 1' }
    const bad = edge('bin/dev.ts', 'bin/errand.ts')
    expect(importedPrograms([bad, edge('bin/errand.ts', 'bin/start.ts')], [program, verb])).toEqual([bad])
  })
})

describe('no import cycle', () => {
  test('here', () => expect(cycles(edges)).toEqual([]))
  test('one of three files is found, once', () => {
    const ring = [edge('a.ts', 'b.ts'), edge('b.ts', 'c.ts'), edge('c.ts', 'a.ts')]
    expect(cycles([edge('z.ts', 'a.ts'), ...ring])).toEqual(['a.ts -> b.ts -> c.ts -> a.ts'])
    expect(cycles([edge('a.ts', 'b.ts'), edge('a.ts', 'c.ts'), edge('b.ts', 'c.ts')])).toEqual([])
  })
})

describe('the example imports only errand and its own dependencies', () => {
  const folder = 'examples/flights/'
  const allowed = [
    ...Object.keys(json(`${folder}package.json`).dependencies),
    ...Object.keys(json(`${folder}package.json`).devDependencies),
    ...Object.keys(published).map((path) => path.replace(/^\./, 'errand')),
  ]
  const own = importsOf(readSources(`${folder}**/*.ts`))
  test('here', () => {
    expect(own.length).toBeGreaterThan(10)
    expect(show(beyondAnExample(own, { folder, allowed }))).toEqual([])
  })
  test.each([
    edge(`${folder}app.ts`, 'app/index.ts'),
    edge(`${folder}app.ts`, 'errand/kafka'),
    edge(`${folder}app.ts`, 'kafkajs'),
  ])('$to is refused', (bad) => {
    const good = [edge(`${folder}app.ts`, 'errand/testing'), edge(`${folder}app.ts`, `${folder}resources.ts`)]
    expect(beyondAnExample([...good, bad], { folder, allowed })).toEqual([bad])
  })
})

test('the examples have every published path, unbuilt', () => {
  expect(Object.keys(unbuilt)).toEqual(Object.keys(published))
  const targets = Object.values(unbuilt).flatMap((path) => importsOf(readSources(join('examples/errand', path))))
  expect(targets.map(({ to }) => to)).toEqual(entries)
})

describe('files are short and named after what they hold', () => {
  test('none has more than 250 lines', () => expect(tooLong(everything)).toEqual([]))
  test('none has a name that says nothing', () => {
    expect(
      vagueNames(
        everything.map(({ file }) => file),
        entries,
      ),
    ).toEqual([])
  })
  test('longer ones and vaguer ones are refused', () => {
    const line = { file: 'app/app.ts', text: 'x\n' }
    expect(tooLong([line, { ...line, text: line.text.repeat(250) }])).toEqual([])
    expect(tooLong([{ ...line, text: line.text.repeat(251) }])).toEqual(['app/app.ts has 251 lines'])
    const bad = [
      'app/types.ts',
      'utils.ts',
      'api/helpers.ts',
      'kafka/shared/log.ts',
      'kafka/index.ts',
      'tests/lib/x.ts',
    ]
    expect(vagueNames([...bad, ...entries, 'schemas/libraries.ts'], entries)).toEqual(bad)
  })
})
