// docs/getting-started.md, followed as written: files and commands are taken from its text. Only the ports, and the broker
// that the tests share, are a test's own.
import { randomBytes } from 'node:crypto'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { type Running, type Stranger, say, stranger } from './stranger.ts'

const page = await readFile('docs/getting-started.md', 'utf8')

/** A block of the page, and the file that the text before it names, where it does. */
type Block = { readonly language: string; readonly text: string; readonly file: string | undefined }

const blocks: readonly Block[] = [...page.matchAll(/([^\n]*)\n\n```(\w+)\n([\s\S]*?)```/g)].map(
  ([, before = '', language = '', text = '']) => ({ language, text, file: /`(\S+)`:$/.exec(before)?.[1] }),
)

const isStart = ({ text }: Block): boolean => text.trim() === 'npm start'

test('the page has the blocks that this test knows what to do with', () => {
  expect(blocks.filter(isStart)).toHaveLength(2)
  expect(blocks.filter(({ language }) => language === 'sh')).toHaveLength(8)
  expect(blocks.flatMap(({ language, file }) => (language === 'sh' ? [] : [file]))).toEqual([
    'schemas/quote/input.v1.avsc',
    'schemas/quote/result.v1.avsc',
    'requests/quote.ts',
    'tests/quote.test.ts',
  ])
})

const { brokers, registryUrl } = inject('system')
const anyPort = '0'
const kafkas = [
  {
    kafka: 'a Kafka that it launches',
    env: { ERRAND_LAUNCHER: 'java', ERRAND_KAFKA_PORT: anyPort, ERRAND_REGISTRY_PORT: anyPort },
  },
  {
    kafka: 'a Kafka that runs',
    env: {
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      ERRAND_NAMESPACE: `start-${randomBytes(4).toString('hex')}`,
    },
  },
]

test.each(inject('nodes').map((node, index) => ({ ...node, ...kafkas[index]! })))(
  'from an empty folder to an own request type that answers, on Node $version and $kafka',
  async ({ env, ...node }) => {
    const person = await stranger(node, { ...env, ERRAND_HTTP_PORT: anyPort })
    const app = join(person.folder, 'quotes')
    const startedMs = performance.now()
    await copyFile(inject('packed').path, join(person.folder, basename(inject('packed').path)))
    const [first, second] = split(blocks)
    for (const each of first.before) await follow(person, each, each === first.before[0] ? person.folder : app)
    const one = await started(person, app)
    expect(JSON.parse(await person.sh(one.curl()))).toMatchObject({ type: 'punctuality', status: 'queued' })
    await one.running.shows(/punctuality\.failed +verified[\s\S]*no-flights/)
    const [produce, ...rest] = first.after
    expect(await person.sh(own(produce!.text, one), app)).toMatch(/40 sent, 0 refused/)
    await expect
      .poll(() => person.sh(one.curl()).then(one.running.output), { timeout: 60_000, interval: 1_000 })
      .toMatch(/punctuality\.succeeded +verified/)
    await stop(one)
    for (const each of rest) await follow(person, each, app)
    const two = await started(person, app)
    expect(JSON.parse(await person.sh(own(second!.text, two), app))).toMatchObject({ type: 'quote', status: 'queued' })
    await two.running.shows(/quote\.succeeded +verified/)
    await stop(two)
    say(`Node ${node.version}: getting started took ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`)
  },
)

/** What comes before and after the first start, and the block after the second. */
function split(all: readonly Block[]): [{ before: readonly Block[]; after: readonly Block[] }, Block | undefined] {
  const [first, second] = all.flatMap((each, index) => (isStart(each) ? [index] : []))
  return [{ before: all.slice(0, first), after: all.slice(first! + 1, second) }, all[second! + 1]]
}

async function follow(person: Stranger, { language, text, file }: Block, folder: string): Promise<void> {
  if (language === 'sh') await person.sh(text, folder)
  else await writeFile(join(folder, file!), text)
}

type Started = { readonly running: Running; curl(): string }

/** `npm start`, with a port for the receiver that is free. */
async function started(person: Stranger, app: string): Promise<Started> {
  const running = person.start('exec npm start -- --receiver-port 0', app)
  await running.shows(/new Webhook/)
  return { running, curl: () => /curl -sS[\s\S]*?'\n/.exec(running.output())![0] }
}

/** Ctrl-C, which npm too ends by once the system has stopped. */
async function stop({ running, curl }: Started): Promise<void> {
  const [api] = curl().match(/http:\/\/127\.0\.0\.1:\d+/)!
  expect([0, 'SIGINT'], running.output()).toContain(await running.interrupt())
  await expect(fetch(`${api}/livez`)).rejects.toThrow('fetch failed')
}

/** A command of the page with this system's ports. */
function own(text: string, { curl }: Started): string {
  const [api, receiver] = curl().match(/http:\/\/127\.0\.0\.1:\d+/g)!
  return text.replace('http://127.0.0.1:3000', api!).replace('http://127.0.0.1:4000', receiver!)
}
