// What `errand schemas register` does to subjects that are the app's own, and to those of topics that it takes over.
import { expect, test } from 'vitest'
import { defineApp } from '../../../app/app.ts'
import { event } from '../../../app/event.ts'
import type { RecordType } from '../../../app/record.ts'
import { registerSchemas } from '../../../bin/schemas/register.ts'
import { catalogue as catalogueOf } from '../../../kafka/catalogue.ts'
import { memoryRegistry } from '../../../schemas/registry/memoryRegistry.ts'
import type { Registry } from '../../../schemas/registry/registry.ts'
import { nullSchemas } from '../nullSchemas.ts'

const record = (name: string): RecordType<{ id: string }> => ({
  name,
  schema: { type: 'record', name, fields: [{ name: 'id', type: 'string' }] },
})
const key = ({ id }: { id: string }) => id
const events = [
  event('own', { ...record('Own'), compatibility: 'FULL' }, { key }),
  event('orders', record('Order'), { topic: 'orders', key }),
  event('read', record('Read'), { topic: 'read' }),
  event('plain', record('Plain'), { topic: 'plain', format: 'json', key }),
]
const catalogue = catalogueOf(defineApp({ name: 'shop', events }), 'stage', nullSchemas)

/** A registry that tells what it was asked to change. */
function watched() {
  const memory = memoryRegistry()
  const changed: unknown[] = []
  const registry: Registry = {
    ...memory,
    register: (subject, schema) => {
      changed.push(subject)
      return memory.register(subject, schema)
    },
    setLevel: (subject, level) => {
      changed.push([subject, level])
      return memory.setLevel(subject, level)
    },
  }
  const lines: string[] = []
  const register = (takenOver = false) =>
    registerSchemas({ catalogue, registry, print: (line) => void lines.push(line.replace(/ +/g, ' ')), takenOver })
  return { memory, changed, lines, register }
}

/** Every app has these, whatever it takes over. */
const isPlatforms = (text: string): boolean => /stage\.(members|controls)-value/.test(text)
const isApps = (change: unknown): boolean => !isPlatforms(String(change))

test('without consent nothing is added to a subject of a taken-over topic, and that is a finding', async () => {
  const { changed, lines, register } = watched()
  expect(await register()).toBe(1)
  expect(changed.filter(isApps)).toEqual([['stage.own-value', 'FULL'], 'stage.own-value'])
  expect(lines.filter((line) => !isPlatforms(line))).toEqual([
    'new stage.own-value id 1',
    expect.stringMatching(/^left orders-value .*errand schemas register --taken-over$/),
  ])
})

test('with consent it gets this app’s schema as a version, and keeps its level', async () => {
  const { changed, register } = watched()
  expect(await register(true)).toBe(0)
  expect(changed.filter(isApps)).toEqual([['stage.own-value', 'FULL'], 'stage.own-value', 'orders-value'])
})

test('a subject that holds the schema already is not written to, with or without consent', async () => {
  const { memory, changed, lines, register } = watched()
  await memory.register('orders-value', record('Order').schema)
  expect([await register(), await register(true)]).toEqual([0, 0])
  expect(changed.join()).not.toContain('orders-value')
  expect(lines).toContain('there orders-value id 1')
})

test('a level that is another than that of subject.json is set, and told; one that is the same is left alone', async () => {
  const { memory, changed, lines, register } = watched()
  await memory.setLevel('stage.own-value', 'BACKWARD')
  await memory.register('stage.own-value', record('Own').schema)
  expect(await register()).toBe(1)
  expect(lines).toContain('level stage.own-value BACKWARD → FULL')
  expect(lines).toContain('there stage.own-value id 1')
  changed.length = 0
  lines.length = 0
  expect(await register()).toBe(1)
  expect(changed).toEqual([])
  expect(lines.filter((line) => line.startsWith('level'))).toEqual([])
})

test('a subject that has versions and no level of its own gets one, and that is told', async () => {
  const { memory, lines, register } = watched()
  await memory.register('stage.own-value', record('Own').schema)
  await register()
  expect(lines).toContain('level stage.own-value none → FULL')
})

test('a schema without a level in its subject.json has BACKWARD_TRANSITIVE', async () => {
  const { changed, register } = watched()
  await register()
  expect(changed).toContainEqual(['stage.members-value', 'BACKWARD_TRANSITIVE'])
})
