// Records that other clients have written, through subscribers: what is read, what becomes a dead letter, and what is
// written in return.
import { expect, test, vi } from 'vitest'
import type { App } from '../../app/app.ts'
import { defineApp, event, type RecordType, subscriber } from '../../app/index.ts'
import type { NewRecord } from '../../kafka/log.ts'
import { memoryCluster } from '../../kafka/memory/log.ts'
import { partitionFor } from '../../kafka/partition.ts'
import { systemClock } from '../../process/clock.ts'
import { memoryRegistry } from '../../schemas/registry/memoryRegistry.ts'
import { subscribing } from '../subscribing.ts'

type Order = { readonly id: string; readonly cents: number }
const Order: RecordType<Order> = {
  name: 'shop.Order',
  schema: {
    type: 'record',
    name: 'shop.Order',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'cents', type: 'long' },
    ],
  },
}
type Seen = Order & { readonly contextId: string; readonly key: string | null; readonly headers: object }

async function shop(format: 'avro' | 'json') {
  const seen: Seen[] = []
  const orders = event('orders', Order, { topic: 'orders', format })
  const invoices = event('invoices', Order, { topic: 'invoices', format, key: ({ id }) => id })
  const app = defineApp({
    name: 'shop',
    events: [orders, invoices],
    subscribers: {
      billing: subscriber(
        orders,
        async (order, { id: contextId, key, headers, send }) => {
          seen.push({ ...order, contextId, key, headers })
          send(invoices, order)
        },
        { group: 'billing', from: 'earliest' },
      ),
    },
  })
  const cluster = memoryCluster({ clock: systemClock })
  const others = cluster.open()
  await others.admin.create(['orders', 'invoices'].map((name) => ({ name, partitions: 3, replicas: 1, config: {} })))
  const registry = memoryRegistry()
  await registry.register('invoices-value', Order.schema)
  const running = await subscribing(app as App, { namespace: 'stage', open: () => cluster.open(), registry })
  const writer = await others.writer()
  const write = (record: Partial<NewRecord>, partition = 1) =>
    writer.append({ topic: 'orders', partition }, [{ key: null, value: null, headers: new Map(), ...record }])
  return { ...running, seen, registry, write, admin: others.admin }
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const bytes = (...values: readonly (string | Buffer)[]) => values.map((each) => Buffer.from(each as string))

test('JSON that another client wrote is handled, under an id that tells where it lies', async () => {
  const errand = await shop('json')
  await errand.write({ key: Buffer.from('k'), value: json({ id: 'a', cents: 5, theirs: true }) })
  await errand.write({ value: json({ id: 'b', cents: 6 }) })
  const { stop } = await errand.start()
  await vi.waitFor(() => expect(errand.seen).toHaveLength(2))
  expect(errand.seen).toEqual([
    { id: 'a', cents: 5, contextId: 'orders/1/0', key: 'k', headers: {} },
    { id: 'b', cents: 6, contextId: 'orders/1/1', key: null, headers: {} },
  ])
  await stop()
  expect(await errand.admin.committed('billing', ['orders'])).toContainEqual({
    ...{ topic: 'orders', partition: 1 },
    ...{ offset: 2n, metadata: 'errand/3' },
  })
})

test('headers of any name, number and bytes stop nobody', async () => {
  const errand = await shop('json')
  const value = json({ id: 'a', cents: 5 })
  const strange = new Map([
    ['__proto__', bytes('x')],
    ['constructor', bytes('y', 'z')],
    ['', bytes('')],
    ['binary', bytes(Buffer.from([0xff, 0xfe]))],
    ['ce_id', bytes('theirs', 'twice')],
    ['ce_time', bytes('yesterday')],
    ['errand-run', bytes('x')],
    ['errand-origin', bytes('nowhere')],
    ['errand-seal', bytes('no seal')],
    ['traceparent', bytes('rubbish')],
  ])
  await errand.write({ value, headers: strange })
  await errand.start()
  await vi.waitFor(() => expect(errand.seen).toHaveLength(1))
  const [{ contextId, headers }] = errand.seen as [Seen]
  expect(contextId).toBe('theirs')
  expect(Object.entries(headers)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
    ['', ''],
    ['binary', '\ufffd\ufffd'],
  ])
  expect(Object.getPrototypeOf(headers)).toBe(Object.prototype)
})

test.each(['json', 'avro'] as const)(
  'of %s, what cannot be read is a dead letter with its own bytes, a tombstone too, and the others are handled (I4)',
  async (format) => {
    const errand = await shop(format)
    const good = format === 'json' ? json({ id: 'a', cents: 5 }) : await avro(errand)
    const bad = [null, Buffer.alloc(0), Buffer.from('rubbish'), Buffer.from([0xff]), Buffer.from([0, 0, 0, 0, 99, 1])]
    for (const value of bad) await errand.write({ key: Buffer.from('k'), value, headers: new Map([['h', bytes('1')]]) })
    await errand.write({ key: Buffer.from('k'), value: good })
    const { stop } = await errand.start()
    await vi.waitFor(() => expect(errand.seen).toHaveLength(1))
    await stop()
    const letters = await errand.dead('billing')
    expect(letters.map(({ value }) => value)).toEqual(bad)
    expect(
      letters.map(({ partition, headers }) => [
        partition,
        String(headers.get('errand-dead-code')),
        String(headers.get('h')),
      ]),
    ).toEqual(bad.map(() => [1, 'undecodable', '1']))
    expect(String(letters[0]!.headers.get('errand-dead-message'))).toContain('has no value')
    expect(String(letters[0]!.headers.get('errand-origin'))).toBe('orders/1/0')
  },
)

async function avro({ registry, codec }: Awaited<ReturnType<typeof shop>>): Promise<Buffer> {
  const theirs: RecordType<Order> = {
    ...Order,
    schema: { ...(Order.schema as object), name: 'com.acme.Order' } as never,
  }
  await registry.register('orders-value', theirs.schema)
  return (await codec.encoder('orders-value', theirs))({ id: 'a', cents: 5 })
}

test('what a handler sends lies in the partition of its key, in the format that the event is declared with', async () => {
  const errand = await shop('json')
  await errand.write({ value: json({ id: 'ö', cents: 5 }) })
  await errand.start()
  await vi.waitFor(async () => expect(await errand.records('invoices')).toHaveLength(1))
  const [{ key, value, headers, partition }] = (await errand.records('invoices')) as [
    Awaited<ReturnType<typeof errand.records>>[0],
  ]
  expect([key!.toString(), value!.toString()]).toEqual(['ö', '{"id":"ö","cents":5}'])
  expect(partition).toBe(partitionFor(Buffer.from('ö'), 3))
  expect(Object.fromEntries([...headers].map(([name, [text]]) => [name, String(text)]))).toMatchObject({
    'content-type': 'application/json',
    ce_type: 'invoices',
    ce_source: '/stage',
    ce_id: 'orders/1/0.billing.1',
  })
})
