// Processes that were started before their schemas were registered.
import { expect, onTestFinished, test, vi } from 'vitest'
import { ErrandError } from '../../app/errors.ts'
import { checkSchemas } from '../../bin/startSchemas.ts'
import type { Config } from '../../process/config.ts'
import { testContext } from '../../testing/testContext.ts'
import { type MemorySystem, memorySystem } from './memorySystem.ts'

const registerAll = async ({ system }: MemorySystem): Promise<void> => {
  for (const { name, schema } of system.catalogue.subjects) await system.registry.register(name, schema)
}
const soon = { timeout: 10_000, interval: 50 }

test('with ERRAND_SCHEMAS=warn the API answers 503 until the schema is there, and then takes what it is sent', async () => {
  const errand = await memorySystem({ schemas: 'warn', isRegistered: () => false })
  const { url } = await errand.start()
  const ask = () => errand.ask(url, { data: { a: 1, b: 2 }, callback: { url: `${errand.receiverUrl}/x` } })
  const refused = await ask()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await refused.json()).toMatchObject({ type: 'urn:errand:problem:unavailable' })
  await registerAll(errand)
  await vi.waitFor(async () => expect((await ask()).status).toBe(202), soon)
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1), soon)
})

test('workers and callbacks wait for what they write with, and no attempt is counted', async () => {
  const inputs = /requests\.add-value$/
  const errand = await memorySystem({ schemas: 'warn', isRegistered: (subject) => inputs.test(subject) })
  const { url } = await errand.start()
  const response = await errand.ask(url, { data: { a: 1, b: 2 }, callback: { url: `${errand.receiverUrl}/x` } })
  const { id } = (await response.json()) as { id: string }
  expect(response.status).toBe(202)
  const view = async () => (await (await errand.get(url, `/v1/requests/${id}`)).json()) as object
  await vi.waitFor(async () => expect(await view()).toMatchObject({ status: 'queued', attempt: 0 }), soon)
  await registerAll(errand)
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1), soon)
  await vi.waitFor(async () => expect(await view()).toMatchObject({ status: 'succeeded', attempt: 1 }), soon)
})

test('a schema that a message does not need keeps it from nothing: who sends an event waits for it alone, uncounted', async () => {
  const isMissing = /\.(added|members|controls|dead\.state)-value$/
  const errand = await memorySystem({ schemas: 'warn', isRegistered: (subject) => !isMissing.test(subject) })
  const { url } = await errand.start()
  const ask = async (mood: string): Promise<string> => {
    const callback = { url: `${errand.receiverUrl}/x` }
    const response = await errand.ask(url, { data: { a: 1, b: 2, mood }, callback })
    return ((await response.json()) as { id: string }).id
  }
  const view = async (id: string) => (await (await errand.get(url, `/v1/requests/${id}`)).json()) as object
  const sends = await ask('')
  await vi.waitFor(async () => expect(await view(sends)).toMatchObject({ status: 'running', attempt: 1 }), soon)
  const others = [await ask('rejects'), await ask('rejects')]
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(2), soon)
  for (const id of others)
    await vi.waitFor(async () => expect(await view(id)).toMatchObject({ status: 'failed', attempt: 1 }), soon)
  await registerAll(errand)
  await vi.waitFor(async () => expect(await view(sends)).toMatchObject({ status: 'succeeded', attempt: 1 }), soon)
})

test('status tells what has become of requests while callbacks wait for the schema of deliveries', async () => {
  const errand = await memorySystem({ schemas: 'warn', isRegistered: (subject) => !/deliveries/.test(subject) })
  const { url } = await errand.start()
  const callback = { url: `${errand.receiverUrl}/x` }
  const { id } = (await (await errand.ask(url, { data: { a: 1, b: 2 }, callback })).json()) as { id: string }
  const view = async () => (await (await errand.get(url, `/v1/requests/${id}`)).json()) as object
  await vi.waitFor(async () => expect(await view()).toMatchObject({ status: 'succeeded' }), soon)
  expect(errand.callbacks).toEqual([])
  await registerAll(errand)
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1), soon)
})

test('a handler that sends while the registry is away is tried again when it answers; no attempt is counted, and it is asked once', async () => {
  const errand = await memorySystem()
  const { registry, catalogue } = errand.system
  const { url } = await errand.start()
  const subject = `${catalogue.event('added')}-value`
  const { idOf } = registry
  const asked: string[] = []
  let isAway = true
  vi.spyOn(registry, 'idOf').mockImplementation(async (name, schema) => {
    asked.push(name)
    if (isAway) throw new ErrandError('registry-unavailable', 'away', { retriable: true })
    return idOf(name, schema)
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const callback = { url: `${errand.receiverUrl}/x` }
  const response = await errand.ask(url, { data: { a: 1, b: 2 }, callback })
  const { id } = (await response.json()) as { id: string }
  await vi.waitFor(() => expect(asked).toContain(subject), soon)
  isAway = false
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1), soon)
  expect(await (await errand.get(url, `/v1/requests/${id}`)).json()).toMatchObject({ status: 'succeeded', attempt: 1 })
  asked.length = 0
  await errand.ask(url, { data: { a: 2, b: 2 }, callback })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(2), soon)
  expect(asked).toEqual([])
})

async function starting(schemas: Config['schemas'], isRegistered = (_: string): boolean => false) {
  const { system } = await memorySystem({ isRegistered })
  const { log, logged } = testContext()
  const registry = { ...system.registry, isAway: false }
  const start = () => checkSchemas({ ...system, config: { ...system.config, schemas }, registry, log })
  const told = () => logged.map(({ event, fields }) => [event, (fields as { readonly subject?: string }).subject])
  const names = system.catalogue.subjects.map(({ name }) => name)
  return { start, told, names, registry }
}

test('with `fail` a start ends with the list of all that is missing, and what to do', async () => {
  const { start, names } = await starting('fail', (subject) => !/deliveries|progress/.test(subject))
  const missing = names.filter((name) => /deliveries|progress/.test(name))
  await expect(start()).rejects.toMatchObject({ code: 'schema-not-registered', retriable: false })
  await expect(start()).rejects.toThrow(
    `${missing.map((name) => `- ${name}`).join('\n')}\nRun: errand schemas register`,
  )
  const whole = await starting('fail', () => true)
  await whole.start()
  expect(whole.told()).toEqual([])
})

test('with `warn` each that is missing is told, and a registry that is away keeps nobody from starting', async () => {
  const { start, told, names, registry } = await starting('warn')
  await start()
  expect(told()).toEqual(names.map((name) => ['schema.missing', name]))
  registry.idOf = () => Promise.reject(new Error('away'))
  await start()
  expect(told().at(-1)).toEqual(['schemas.notChecked', undefined])
})

test('with `register` a start registers what is missing, once, and ends where the registry refuses one', async () => {
  const { start, told, names, registry } = await starting('register')
  await start()
  expect(told()).toEqual(names.map((name) => ['schema.registered', name]))
  await start()
  expect(told()).toHaveLength(names.length)
  registry.idOf = async () => undefined
  registry.register = async () => ({ kind: 'refused', reason: 'a field is missing' })
  await expect(start()).rejects.toMatchObject({ code: 'schema-refused' })
  await expect(start()).rejects.toThrow(`- ${names[0]}: a field is missing`)
})

test('with `register` a start gives a level to who has none, and changes none: releases that differ would do it to and fro', async () => {
  const { start, told, names, registry } = await starting('register')
  const [first, second] = names as [string, string]
  await registry.setLevel(first, 'FULL')
  await start()
  expect([await registry.level(first), await registry.level(second)]).toEqual(['FULL', 'BACKWARD_TRANSITIVE'])
  expect(told().filter(([event]) => event === 'schema.levelDiffers')).toEqual([['schema.levelDiffers', first]])
})
