// docs/operations.md, followed as written on a system of its own: every command is run in its order, at a terminal, and what the
// page shows of its output is what it says, but for ids, times and places.
import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { type Command, command } from './commands.ts'

const page = await readFile('docs/operations.md', 'utf8')

type Block = { readonly language: string; readonly text: string }

/** The blocks of the page from one heading to another, in their order. */
const blocksOf = (from: string, to: string): readonly Block[] =>
  [
    ...page
      .slice(page.indexOf(`\n## ${from}`), to ? page.indexOf(`\n## ${to}`) : undefined)
      .matchAll(/^```(\w*)\n([\s\S]*?)^```/gm),
  ].map(([, language = '', text = '']) => ({ language, text }))

type System = {
  readonly dev: Command
  /** Runs commands at a terminal where every question is answered with yes; returns what it shows. */
  sh(lines: string, options?: { readonly code?: number; readonly editor?: string }): Promise<string>
}

/** `errand dev` on a copy of the example, with ports and folder of its own, and a shell that finds it where the page does. */
async function system(): Promise<System> {
  await mkdir('.errand', { recursive: true })
  const example = await mkdtemp('.errand/operations-')
  onTestFinished(() => rm(example, { recursive: true, force: true }))
  await cp('examples/flights', example, { recursive: true, filter: (path) => !path.includes('node_modules') })
  const folder = join(example, '.errand')
  const { brokers, registryUrl } = inject('system')
  const dev = command('errand', ['dev', '--app', join(example, 'app.ts'), '--folder', folder, '--receiver-port', '0'], {
    KAFKA_BROKERS: brokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    ERRAND_NAMESPACE: `operations-${randomBytes(4).toString('hex')}`,
    ERRAND_HTTP_PORT: '0',
    FLIGHTS_DATA: join(folder, 'flights'),
  })
  await dev.shows(/new Webhook/)
  const [api = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(dev.output()) ?? []
  const [, receiver = ''] = /"url":"(http:\/\/127\.0\.0\.1:\d+)/.exec(dev.output()) ?? []
  const here = (lines: string): string =>
    lines
      .replaceAll('npx errand', 'errand')
      .replaceAll('http://127.0.0.1:3000', api)
      .replaceAll('http://127.0.0.1:4000', receiver)
      .replaceAll('.errand/flights/', `${folder}/flights/`)
      .replaceAll('examples/flights/', `${example}/`)
  const kept = join(folder, 'kept') // what one block's variables are to the next
  const sh: System['sh'] = async (lines, { code = 0, editor = 'false' } = {}) => {
    const script = `set -euo pipefail; set -a; . ${folder}/env; [ ! -f ${kept} ] || . ${kept}; ERRAND_HTTP_PORT=${new URL(api).port}; set +a
${here(lines)}
declare -p id > ${kept} 2> /dev/null || true`
    const shell = command(
      'script',
      ['-qec', `bash -c ${quoted(script)}`, '/dev/null'],
      { VISUAL: '', EDITOR: editor },
      'yes\n',
    )
    expect(await shell.ended, shell.output()).toBe(code)
    return shell.output()
  }
  return { dev, sh }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** What is another each time: ids, times, places, and how a terminal draws. */
const plain = (text: string): readonly string[] =>
  stripVTControlCharacters(text.replaceAll('\x1b[1G', '\n'))
    .replaceAll('\r', '\n')
    .replaceAll(/\boperations-[0-9a-f]{8}\./g, 'flights.')
    .replaceAll(/\.errand\/operations-\w+\//g, 'examples/flights/')
    .replaceAll(/^\d\d:\d\d:\d\d\.\d{3} +/gm, '')
    .replaceAll(/req_\w+/g, 'ID')
    .replaceAll(/\d{8}T\d{6}-[0-9a-f]{8}/g, 'ACTION')
    .replaceAll(/\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?/g, 'TIME')
    .replaceAll(/by [^\s@]+@[^\s,]+/g, 'by USER')
    .replaceAll(/by [^\s/]+\/\d+$/gm, 'by PROCESS')
    .replaceAll(/^ {2}[^\s/]+\/\d+\/[0-9a-f]+ /gm, '  MEMBER ')
    .replaceAll(/\/\d+\/\d+\/\d+\b/g, '/PLACE')
    .replaceAll(/(partition|offset|schema|"run")([ =:]+)\d+/g, '$1$2#')
    .replaceAll(/^ {2}\d+ to /gm, '  # to ')
    .replaceAll(/the oldest .* old/g, 'the oldest so old')
    .replaceAll(/[\d.]+\/s/g, '#/s')
    .split('\n')
    .map((line) => line.trimEnd())

/** Every line that the page shows is there, but for those that it leaves out. */
function shows(output: string, shown: string): void {
  const lines = plain(output)
  for (const line of plain(shown)) if (line !== '' && line.trim() !== '…') expect(lines).toContain(line)
}

const times = (text: string, of: RegExp): number => text.match(of)?.length ?? 0

test('every command works as written: from the alert to the proof, and what else the page has', async () => {
  const { dev, sh } = await system()
  const happens = (of: RegExp, count: number): Promise<void> =>
    vi.waitFor(() => expect(times(dev.output(), of)).toBeGreaterThanOrEqual(count), { timeout: 60_000, interval: 250 })
  await sh('npm run -s flights | npx errand produce flight.landed --app examples/flights/app.ts')
  await vi.waitFor(async () => shows(await sh('npx errand groups --app examples/flights/app.ts'), archived), patient)

  const [breaking, ...walk] = blocksOf('Dead letters', 'Over HTTP')
  await sh(breaking!.text)
  await happens(/record\.deadLettered/g, 30)
  let output = dev.output()
  for (const [index, { language, text }] of walk.entries()) {
    const next = walk[index + 1]
    if (language !== 'sh') shows(output, text)
    else if (text.includes('--edit')) {
      await oneMore(sh, walk, breaking!, () => happens(/record\.deadLettered/g, 32))
      shows(await sh(text, { editor: "sed -i 's/ORD/ATL/'" }), 'workers.punctuality: 1 letter redriven')
    } else if (text.includes('errand groups')) {
      await vi.waitFor(async () => shows(await sh(text), next!.text), patient) // its position is committed a moment later
      output = next!.text
    } else {
      const fails = next?.text.includes('stopped:') === true
      output = await sh(text, { code: fails ? 1 : 0 })
      if (text.includes(mending)) await happens(/punctuality\.succeeded +verified/g, 30)
    }
  }

  for (const [from, to] of [
    ['Look', 'Scale'],
    ['Scale', 'Control'],
    ['Control', 'A new version'],
    ['Over HTTP', ''],
  ] as const)
    for (const { text } of blocksOf(from, to).filter(({ language }) => language === 'sh')) await sh(endless(text))
  dev.child.kill('SIGINT')
  await vi.waitFor(() => expect(dev.child.exitCode).toBe(0), patient)
}, 600_000)

const patient = { timeout: 60_000, interval: 1_000 }
const archived = 'subscribers.archive   no lag   0/s   1 member'
const mending = 'ALTER TABLE gone RENAME TO flights'

/** A letter that can be edited: the archive is broken once more, asked, and mended; then `$id` is its newest letter. */
async function oneMore(
  sh: System['sh'],
  walk: readonly Block[],
  { text: breaking }: Block,
  isThere: () => Promise<void>,
): Promise<void> {
  await sh(breaking.replace('seq -w 1 30', 'seq -w 10 10'))
  await isThere()
  await sh(breaking.split('\n')[0]!.replace('flights RENAME TO gone', 'gone RENAME TO flights'))
  await sh(walk.find(({ text }) => text.startsWith('id='))!.text)
}

/** What goes on until somebody stops it is stopped here. */
const endless = (lines: string): string =>
  `endless() { timeout -s INT 7 "$@" || [ $? -eq 124 ]; }\n${lines.replaceAll(/^npx (?=errand (?:start|groups .*--watch))/gm, 'endless ')}`
