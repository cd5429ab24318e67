// Records whose schema a healthy registry does not know, as groups meet them, over ten minutes that pass at once.
import { expect, onTestFinished, test, vi } from 'vitest'
import { type App, defineApp } from '../../app/app.ts'
import type { Logger } from '../../app/context.ts'
import { event } from '../../app/event.ts'
import type { RecordType } from '../../app/record.ts'
import { request } from '../../app/request.ts'
import { subscriber } from '../../app/subscriber.ts'
import { claiming } from '../../consumers/callbacks/claim.ts'
import { projection } from '../../consumers/status/projection.ts'
import { subscribers } from '../../consumers/subscribers/subscribers.ts'
import { catalogue as catalogueOf } from '../../kafka/catalogue.ts'
import { writeHeaders } from '../../kafka/headers.ts'
import type { LogRecord } from '../../kafka/log.ts'
import { memoryCluster } from '../../kafka/memory/log.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import { silentLog } from '../../process/log.ts'
import { newRequestId } from '../../process/requestId.ts'
import { seal } from '../../process/seal.ts'
import { Producer } from '../../producers/producer.ts'
import { Codec } from '../../schemas/codec.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { awaitedSchemas } from '../../schemas/registry/awaitedSchemas.ts'
import { memoryRegistry } from '../../schemas/registry/memoryRegistry.ts'
import { manualClock } from '../../testing/manualClock.ts'

type Text = { readonly text: string }
const Text: RecordType<Text> = {
  name: 't.Text',
  schema: { type: 'record', name: 'Text', namespace: 't', fields: [{ name: 'text', type: 'string' }] },
}
type Next = Text & { readonly more: number }
const Next: RecordType<Next> = {
  name: 't.Text',
  schema: {
    ...{ type: 'record', name: 'Text', namespace: 't' },
    fields: [
      { name: 'text', type: 'string' },
      { name: 'more', type: 'int', default: 0 },
    ],
  },
}
const said = event('said', Text, { key: ({ text }) => text })

const minuteMs = 60_000

async function bench() {
  const heard: string[] = []
  const hears = async ({ text }: Text): Promise<void> => void heard.push(text)
  const app = defineApp({
    ...{ name: 't', partitions: 1, events: [said] },
    subscribers: { hears: subscriber(said, hears, { from: 'earliest' }) },
    requests: { echo: request(Text, Text, async (input) => input) },
  })
  const clock = manualClock(Date.UTC(2026, 0, 1))
  const keyring = parseKeyring(newSecret(), 'ns')
  const catalogue = catalogueOf(app, 'ns', platformSchemas)
  /** Two of one registry: with `ahead` the next version is registered already. */
  const [registry, ahead] = [memoryRegistry(), memoryRegistry()]
  for (const each of [registry, ahead])
    for (const { name, schema } of catalogue.subjects) await each.register(name, schema)
  await ahead.register('ns.said-value', Next.schema)
  const log = memoryCluster({ clock }).open()
  await log.admin.create(catalogue.topics.map((topic) => ({ ...topic, replicas: 1 })))
  const told: string[] = []
  const say = (line: string): void => void told.push(line)
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn: say, error: say, child: () => logger }
  const producer = new Producer({ kafka: log, log: silentLog, clock })
  const platform = {
    ...{ app: app as App, catalogue, log, producer, keyring, clock, logger, onFailed: () => undefined },
    codec: new Codec({ registry: awaitedSchemas(registry, { clock, log: logger }) }),
  }
  const [hearing] = subscribers(platform, {}, new Set())
  const { group, member } = hearing!
  onTestFinished(async () => {
    await member.stop(0)
    await producer.close()
    await log.close()
  })
  await member.start()
  const before = await platform.codec.encoder('ns.said-value', Text)
  const next = await new Codec({ registry: ahead }).encoder('ns.said-value', Next)
  const send = (key: string, value: Buffer) => {
    const headers = writeHeaders({ id: key, type: 'said', source: '/t', timeMs: clock.now(), run: 1 })
    return producer.send('ns.said', { key: Buffer.from(key), value, headers }, { kind: 'key' })
  }
  return {
    ...{ heard, told, platform, keyring, clock },
    say: (key: string, text: string) => send(key, before({ text })),
    sayAsNext: (key: string, text: string) => send(key, next({ text, more: 7 })),
    unreadable: next({ text: '', more: 7 }),
    registerNext: () => registry.register('ns.said-value', Next.schema),
    letters: async () => {
      const all: LogRecord[] = []
      for await (const each of log.read(group.failures!.dead, { from: 'earliest' })) all.push(each)
      return all.map(({ headers }) =>
        ['code', 'message'].map((name) => String(headers.get(`errand-dead-${name}`))).join(': '),
      )
    },
    /** Where the group begins again. */
    position: async () => (await log.admin.committed(group.id, ['ns.said']))[0]?.offset,
  }
}

test('a record whose schema comes later waits for it: those of its key wait behind it, all others go on', async () => {
  const { heard, told, clock, say, sayAsNext, registerNext, letters, position } = await bench()
  await sayAsNext('a', 'a1')
  await say('a', 'a2')
  await say('b', 'b1')
  await vi.waitFor(() => expect(heard).toEqual(['b1']))
  await clock.advance(9 * minuteMs)
  await say('b', 'b2')
  await vi.waitFor(() => expect(heard).toEqual(['b1', 'b2']))
  await registerNext()
  await clock.advance(7_000)
  await vi.waitFor(() => expect(heard).toEqual(['b1', 'b2', 'a1', 'a2']))
  expect([await letters(), told]).toEqual([[], ['schema.awaited']])
  await clock.advance(7_000)
  await vi.waitFor(async () => expect(await position()).toBe(4n))
})

test('one whose schema has not come in ten minutes is a dead letter with its reason, and so is what comes after it', async () => {
  const { heard, told, clock, say, sayAsNext, letters, position } = await bench()
  await sayAsNext('a', 'a1')
  await say('a', 'a2')
  await clock.advance(9 * minuteMs)
  expect([heard, await letters()]).toEqual([[], []])
  await clock.advance(minuteMs + 7_000)
  await vi.waitFor(() => expect(heard).toEqual(['a2']))
  await sayAsNext('c', 'c1')
  await say('c', 'c2')
  await vi.waitFor(() => expect(heard).toEqual(['a2', 'c2']))
  const why = expect.stringMatching(
    /^undecodable: the registry knows no schema \d+, which has been asked for since 2026-01-01T00:00:00\.\d+Z$/,
  )
  expect(await letters()).toEqual([why, why])
  expect(told).toEqual(['schema.awaited', 'schema.givenUp', 'record.deadLettered', 'record.deadLettered'])
  await clock.advance(7_000)
  await vi.waitFor(async () => expect(await position()).toBe(4n))
})

test('status and callbacks wait for it as long, and give it up then', async () => {
  const { platform, keyring, clock, unreadable: value } = await bench()
  const id = newRequestId(keyring, { type: 'echo', client: 'c', timeMs: clock.now() })
  const of = { kind: 'result', id, run: 1, type: 'echo.succeeded', value } as const
  const sealed = seal(keyring, of, { client: 'c', callbackUrl: 'https://c.example/', toldMs: clock.now() })
  const about = { type: of.type, source: '/t', timeMs: clock.now(), subject: id, run: 1, seal: sealed }
  const result: LogRecord = {
    ...{ topic: platform.catalogue.results, partition: 0, offset: 0n, timestampMs: clock.now() },
    ...{ key: Buffer.from(id), value, headers: writeHeaders({ id: `${id}.1`, ...about }) },
  }
  const [claimed, projected] = [claiming(platform), projection(platform)]
  const both = async () => [(await claimed(result)).kind, (await projected(result)).kind]
  expect(await both()).toEqual(['later', 'later'])
  for (let minute = 1; minute < 10; minute += 1) {
    await clock.advance(minuteMs)
    expect(await both()).toEqual(['later', 'later'])
  }
  await clock.advance(minuteMs)
  await both()
  expect(await both()).toEqual(['undecodable', 'none'])
})
