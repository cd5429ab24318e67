// errand schemas compare and list: two files in both directions, and what every schema of an app is registered under.
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { compareVerb } from '../../../../bin/schemas/compare.ts'
import { listVerb } from '../../../../bin/schemas/list.ts'
import { folderWith } from './folders.ts'

const lines: string[] = []
const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
afterAll(() => log.mockRestore())

afterEach(() => {
  lines.length = 0
  process.exitCode = undefined
})

const origin = { name: 'origin', type: 'string' }
const gate = { name: 'gate', type: 'string' }
const record = (...fields: readonly object[]) => ({ type: 'record', name: 'Landed', fields })

async function compare(older: unknown, newer: unknown, ...options: readonly string[]) {
  const folder = folderWith({ 'old.avsc': older, 'new.avsc': newer })
  const args = [join(folder, 'old.avsc'), join(folder, 'new.avsc'), ...options]
  await compareVerb().exitOverride().parseAsync(args, { from: 'user' })
  return { output: lines.join('\n').replaceAll(`${folder}/`, ''), exitCode: process.exitCode }
}

describe('two schemas', () => {
  test.each([
    ['FULL', 0, record(origin), record(origin, { ...gate, default: '' })],
    ['FORWARD', 1, record(origin), record(origin, gate)],
    ['BACKWARD', 0, record(origin, gate), record(origin)],
    ['NONE', 1, record(origin), record(gate)],
    ['invalid', 2, record(origin), 'nothing'],
  ])('satisfy %s, with exit code %i', async (level, exitCode, older, newer) => {
    const compared = await compare(older, typeof newer === 'string' ? JSON.stringify(newer) : newer, '--json')
    expect(JSON.parse(compared.output)).toMatchObject({ level })
    expect(compared.exitCode).toBe(exitCode)
  })

  test('are told by their files, with both answers', async () => {
    const { output } = await compare(record(origin), record(origin, gate))
    expect(output).toMatch(/^v1 old\.avsc\nv2 new\.avsc\n/)
    expect(output).toMatch(/\nv2 reads v1: no\nv1 reads v2: yes\nThe pair satisfies FORWARD\.$/)
    expect(output).toContain('new.avsc:')
  })

  test('may begin with a byte order mark', async () => {
    const marked = (schema: object) => `\ufeff${JSON.stringify(schema)}`
    expect((await compare(marked(record(origin)), marked(record(origin)))).output).toContain('satisfies FULL')
  })

  test('one of which is not there are an error', async () => {
    const folder = folderWith({ 'old.avsc': record() })
    const args = [join(folder, 'old.avsc'), join(folder, 'gone.avsc')]
    await expect(compareVerb().parseAsync(args, { from: 'user' })).rejects.toThrow(
      `${join(folder, 'gone.avsc')} cannot be read: `,
    )
  })
})

describe('the list', () => {
  const list = async (...args: readonly string[]): Promise<string> => {
    await listVerb()
      .exitOverride()
      .parseAsync([...args], { from: 'user' })
    return lines.join('\n')
  }
  const subjects = (json: string) =>
    JSON.parse(json).map(({ schema, subject }: Record<string, unknown>) => [schema, subject])

  test("names subjects after the app and its namespace, by the folder's names", async () => {
    vi.stubEnv('ERRAND_NAMESPACE', 'staging')
    expect(subjects(await list('--app', 'examples/flights/app.ts', '--json'))).toEqual([
      ['flight.landed', 'staging.flight.landed-value'],
      ['punctuality/input', 'staging.requests.punctuality-value'],
      ['punctuality/result', 'staging.results-flights.PunctualityResult'],
    ])
    vi.unstubAllEnvs()
  })

  test('has schemas that the app does not know without a subject, and shortens runs of versions', async () => {
    const [v, files] = [record(origin), [1, 2, 3, 5, 7, 8]]
    const folder = folderWith({
      ...Object.fromEntries(files.map((version) => [`toString/input.v${version}.avsc`, v])),
      'toString/subject.json': { owner: 'nobody', compatibility: 'NONE' },
    })
    expect((await list(folder, '--app', 'examples/flights/app.ts')).split('\n')).toEqual([
      'schema          versions     compatibility  owner   subject',
      'toString/input  1-3, 5, 7-8  NONE           nobody  -',
    ])
  })
})
