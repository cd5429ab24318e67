// The real registry: what it stores, what it refuses, and what becomes of records while it is away.
import { randomUUID } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, inject, test } from 'vitest'
import { defineApp } from '../../../app/app.ts'
import { event } from '../../../app/event.ts'
import type { AvroSchema, RecordType } from '../../../app/record.ts'
import { registerSchemas } from '../../../bin/schemas/register.ts'
import { catalogue } from '../../../kafka/catalogue.ts'
import { silentLog } from '../../../process/log.ts'
import { Codec } from '../../../schemas/codec.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'
import { awaitedSchemas } from '../../../schemas/registry/awaitedSchemas.ts'
import { createRegistry } from '../../../schemas/registry/registry.ts'
import { manualClock } from '../../../testing/manualClock.ts'

const { registryUrl } = inject('system')
const registry = createRegistry({ url: registryUrl })

type Field = { readonly name: string; readonly type: AvroSchema; readonly default?: unknown }
/** Records of one name, of this test run only: the registry is shared. */
const family = () => {
  const name = `tests.T${randomUUID().replaceAll('-', '')}`
  return {
    subject: `${name}-value`,
    version: <T>(...fields: readonly Field[]): RecordType<T> => ({ name, schema: { type: 'record', name, fields } }),
  }
}
const origin = { name: 'origin', type: 'string' }
const gate = { name: 'gate', type: 'string', default: '?' }

test('a schema is found under its subject exactly as it was registered, and by its id', async () => {
  const { subject, version } = family()
  const [v1, v2] = [version(origin), version(origin, gate)]
  expect(await registry.idOf(subject, v1.schema)).toBeUndefined()
  const registered = await registry.register(subject, v1.schema)
  const id = await registry.idOf(subject, v1.schema)
  expect(registered).toEqual({ kind: 'registered', id })
  expect(await registry.idOf(subject, v2.schema)).toBeUndefined()
  expect(await registry.schema(id!)).toEqual(v1.schema)
  expect(await registry.register(subject, v1.schema)).toEqual(registered)
})

test('a schema whose properties are written in another order is the same: no new id, no new version', async () => {
  const { subject, version } = family()
  const { schema } = version({ name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } }, gate)
  const turned = { fields: [{ type: { logicalType: 'timestamp-millis', type: 'long' }, name: 'at' }, gate] }
  const { name, type } = schema as { readonly name: string; readonly type: string }
  const registered = await registry.register(subject, schema)
  expect(await registry.register(subject, { ...turned, name, type })).toEqual(registered)
  expect((await registry.versions(subject)).map((each) => each.version)).toEqual([1])
})

test('a version that could not read what any older one wrote is refused, with the reason', async () => {
  const { subject, version } = family()
  const [v1, v2] = [version(origin), version(origin, gate)]
  const v3 = version(origin, { name: 'gate', type: 'string' })
  await registry.setLevel(subject, 'BACKWARD_TRANSITIVE')
  for (const { schema } of [v1, v2])
    expect(await registry.register(subject, schema)).toMatchObject({ kind: 'registered' })
  const refused = await registry.register(subject, v3.schema)
  expect(refused).toMatchObject({ kind: 'refused', reason: expect.stringContaining('gate') })
})

test('v1 and v2 producers and consumers read each other', async () => {
  type V1 = { readonly origin: string }
  type V2 = V1 & { readonly gate: string }
  const { subject, version } = family()
  const [v1, v2] = [version<V1>(origin), version<V2>(origin, gate)]
  for (const { schema } of [v1, v2]) await registry.register(subject, schema)
  const [producer, consumer] = [new Codec({ registry }), new Codec({ registry })]
  const [older, newer] = [await producer.encoder(subject, v1), await producer.encoder(subject, v2)]
  const [byOlder, byNewer] = [older({ origin: 'AMS' }), newer({ origin: 'AMS', gate: 'D7' })]
  expect(await consumer.decode(byOlder, v2)).toEqual({ origin: 'AMS', gate: '?' })
  expect(await consumer.decode(byNewer, v1)).toEqual({ origin: 'AMS' })
  expect(await consumer.decodeAsWritten(byNewer)).toMatchObject({ record: { name: v2.name }, value: { gate: 'D7' } })
})

test('to who does not wait for it, an id that a healthy registry does not know is undecodable', async () => {
  const codec = new Codec({ registry })
  const bytes = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 0])
  await expect(codec.decode(bytes, family().version(origin))).rejects.toMatchObject({
    code: 'undecodable',
    retriable: false,
  })
})

test('a record that is faster than its registration is read when that has come; one that nobody registers is given up after ten minutes', async () => {
  const { version, subject } = family()
  const v1 = version<{ readonly origin: string }>(origin)
  const clock = manualClock()
  const codec = new Codec({ registry: awaitedSchemas(registry, { clock, log: silentLog }) })
  const decode = async (bytes: Buffer) => codec.decode(bytes, v1)
  const framed = (id: number): Buffer => {
    const bytes = Buffer.from([0, 0, 0, 0, 0, 6, ...Buffer.from('AMS')])
    bytes.writeUInt32BE(id, 1)
    return bytes
  }
  const isAwaited = { code: 'schema-unknown', retriable: true }
  const [early, never] = [await nextId(), 2_000_000_000]
  for (const id of [early, never]) await expect(decode(framed(id))).rejects.toMatchObject(isAwaited)
  expect(await registry.register(subject, v1.schema)).toEqual({ kind: 'registered', id: early })
  for (let minute = 0; minute < 10; minute += 1) {
    await expect(decode(framed(never))).rejects.toMatchObject(isAwaited)
    await clock.advance(60_000)
    expect(await decode(framed(early))).toEqual({ origin: 'AMS' })
  }
  await expect(decode(framed(never))).rejects.toMatchObject({
    ...{ code: 'undecodable', retriable: false },
    message: expect.stringContaining('no schema 2000000000'),
  })
})

/** Ids are given one after the other, and nobody else registers anything meanwhile. */
async function nextId(): Promise<number> {
  const { version, subject } = family()
  const registered = await registry.register(subject, version(origin).schema)
  return registered.kind === 'registered' ? registered.id + 1 : 0
}

describe('a registry that is away', () => {
  test('makes records wait, and is used again as soon as it is back', async () => {
    const { subject, version } = family()
    const v1 = version<{ readonly origin: string }>(origin)
    await registry.register(subject, v1.schema)
    const bytes = (await new Codec({ registry }).encoder(subject, v1))({ origin: 'AMS' })
    const { port, open, close } = await door(new URL(registryUrl))
    const url = new URL(registryUrl)
    url.port = String(port)
    const codec = new Codec({ registry: createRegistry({ url: url.href }) })
    await close()
    const decode = async () => codec.decode(bytes, v1)
    await expect(decode()).rejects.toMatchObject({ code: 'registry-unavailable', retriable: true })
    await expect(codec.encoder(subject, v1)).rejects.toMatchObject({ code: 'registry-unavailable' })
    await open()
    expect(await decode()).toEqual({ origin: 'AMS' })
    await close()
    expect(codec.decode(bytes, v1)).toEqual({ origin: 'AMS' })
  })
})

test('`errand schemas register` registers every subject of an app, again and again', async () => {
  const { version } = family()
  const landed = event('flight.landed', version<{ readonly origin: string }>(origin), {
    key: (flight) => flight.origin,
  })
  const app = defineApp({ name: 'flights', events: [landed] })
  const lines: string[] = []
  const options = {
    catalogue: catalogue(app, `t${randomUUID()}`, platformSchemas),
    registry,
    print: (line: string) => void lines.push(line),
  }
  expect(await registerSchemas(options)).toBe(0)
  expect(await registerSchemas(options)).toBe(0)
  expect(lines.map((line) => line.split(/ +/, 1)[0])).toEqual([...Array(3).fill('new'), ...Array(3).fill('there')])
  const encode = await new Codec({ registry }).encoder(
    `${options.catalogue.event('flight.landed')}-value`,
    landed.record,
  )
  expect(encode({ origin: 'AMS' })[0]).toBe(0)
})

/** A port of its own before the registry, which can be shut. */
async function door(target: URL) {
  const sockets = new Set<Socket>()
  const server = createServer((from) => {
    const to = connect(Number(target.port), target.hostname)
    for (const socket of [from, to]) sockets.add(socket.on('error', () => socket.destroy()))
    from.pipe(to).pipe(from)
  })
  const listen = (port: number) => new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as { port: number }
  const close = () => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  }
  return { port, open: () => listen(port), close }
}
