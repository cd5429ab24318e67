// Each check of `errand doctor` that asks the cluster, on a real one that is broken in just that way.
import { expect, inject, test } from 'vitest'
import { defineApp } from '../../../app/app.ts'
import { event } from '../../../app/event.ts'
import { subscriber } from '../../../app/subscriber.ts'
import { brokers } from '../../../bin/doctor/brokers.ts'
import { groups } from '../../../bin/doctor/roles.ts'
import { schemas } from '../../../bin/doctor/schemas.ts'
import { positions, topics } from '../../../bin/doctor/topics.ts'
import { registerSchemas } from '../../../bin/schemas/register.ts'
import { applyTopics } from '../../../bin/topics.ts'
import { catalogue } from '../../../kafka/catalogue.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'
import { added } from '../../adder.ts'
import { appPath, examined, foundBy } from './examining.ts'

const nowhere = '127.0.0.1:1'

test('brokers: one that answers is fine, one of two that does not is found, and so is a cluster that is down', async () => {
  const system = inject('system').brokers.join(',')
  expect(await foundBy(brokers, await examined())).toMatch(/^fine: 1 broker, Kafka 4\.0 or newer/)
  const half = await foundBy(brokers, await examined({ KAFKA_BROKERS: `${system},${nowhere}` }))
  expect(half).toMatch(/broker at 127\.0\.0\.1:1 cannot be reached.*\n→ Start it, or correct KAFKA_BROKERS/)
  expect(half.match(/→/g)).toHaveLength(1)
  const down = await examined({ KAFKA_BROKERS: nowhere })
  expect(await foundBy(brokers, down)).toMatch(/broker at 127\.0\.0\.1:1 cannot be reached/)
})

test('topics: those that are missing are named with the command that creates them, and then they are fine', async () => {
  const given = await examined()
  const { kafka, catalogue: wanted } = given
  const [first, ...others] = wanted.topics.map((topic) => ({ ...topic, replicas: 1 }))
  await kafka.admin.create(others)
  const missing = await foundBy(topics, given)
  expect(missing).toBe(
    `1 of 29 topics do not exist: ${first!.name}\n→ errand topics apply --app ${appPath} --allow-single-replica`,
  )
  await applyTopics(kafka.admin, wanted, { allowSingleReplica: true })
  expect(await foundBy(topics, given)).toBe('fine: 29, as the app says')
})

test('topics: other partitions, retention or record size than the app’s are found, each with its command', async () => {
  const given = await examined()
  const { kafka, catalogue: wanted, config } = given
  const odd = [{ partitions: 3 }, { partitions: 5 }, { config: { 'retention.ms': '1000' } }]
  await kafka.admin.create(wanted.topics.map((topic, index) => ({ ...topic, replicas: 1, ...odd[index] })))
  const [fewer, more, short] = wanted.topics.map(({ name }) => name)
  const at = `--bootstrap-server ${config.kafka.brokers[0]}`
  const text = await foundBy(topics, given)
  expect(text).toContain(
    `${fewer} has partitions: 3, wanted 4\n→ kafka-topics.sh ${at} --alter --topic ${fewer} --partitions 4 `,
  )
  expect(text).toContain(
    `${more} has partitions: 5, wanted 4\n→ partitions cannot be taken away: write \`partitions: 5\``,
  )
  expect(text).toContain(
    `${short} has retention.ms: 1000, wanted 604800000\n→ kafka-configs.sh ${at} --alter --entity-type topics --entity-name ${short} --add-config retention.ms=604800000`,
  )
  expect(text.match(/→/g)).toHaveLength(3)
})

test('topics: one that is taken over and not there is found, and copies that have fewer partitions than it by now', async () => {
  const given = await examined()
  const { namespace } = given.catalogue
  const theirs = `${namespace}-theirs`
  const orders = event('orders', added.record, { topic: theirs })
  const app = defineApp({
    name: 'x',
    partitions: 2,
    events: [orders],
    subscribers: { s: subscriber(orders, async () => undefined) },
  })
  const taking = { ...given, catalogue: catalogue(app, namespace, platformSchemas) }
  expect(await foundBy(topics, taking)).toMatch(
    new RegExp(`${theirs} is taken over, and this cluster does not have it`),
  )
  const { admin } = given.kafka
  await admin.create([{ name: theirs, partitions: 2, replicas: 1, config: {} }])
  await applyTopics(admin, taking.catalogue, { allowSingleReplica: true })
  expect(await foundBy(topics, taking)).toBe('fine: 16, as the app says')
  await admin.grow([{ name: theirs, partitions: 3 }])
  expect(await foundBy(topics, taking)).toMatch(
    /has more partitions by now than .*s\.retry, .*s\.dead\n→ errand topics apply/,
  )
})

test('positions: a topic that is kept for longer than a group’s position is found', async () => {
  const given = await examined()
  const { kafka, catalogue: wanted } = given
  const forEver = { 'retention.ms': '-1' }
  const [first, ...others] = wanted.topics.map((topic) => ({ ...topic, replicas: 1 }))
  await kafka.admin.create(others)
  expect(await foundBy(positions, given)).toBe('fine: kept as long as records, 7 days')
  await kafka.admin.create([{ ...first!, config: forEver }])
  expect(await foundBy(positions, given)).toMatch(
    new RegExp(
      `rests for more than 7 days loses its position[\\s\\S]*${first!.name}\n→ raise offsets\\.retention\\.minutes`,
    ),
  )
})

test('schemas: what is not registered or not guarded is found with its command, and a registry that is down by itself', async () => {
  const given = await examined()
  const { registry, catalogue: wanted, config } = given
  const unregistered = await foundBy(schemas, given)
  expect(unregistered).toContain('13 of 13 subjects do not have the schema that this app writes')
  expect(unregistered).toContain(`→ errand schemas register --app ${appPath}`)
  await registerSchemas({ catalogue: wanted, registry, print: () => undefined })
  expect(await foundBy(schemas, given)).toBe('fine: 13 registered, as the app has them')
  const [subject] = wanted.subjects
  const body = JSON.stringify({ compatibility: 'NONE' })
  const headers = { 'content-type': 'application/json' }
  await fetch(`${config.registry.url}/config/${subject!.name}`, { method: 'PUT', body, headers })
  expect(await foundBy(schemas, given)).toContain(`1 subjects have another compatibility level`)
  const away = await examined({ SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' })
  expect(await foundBy(schemas, away)).toMatch(/registry at http:\/\/127\.0\.0\.1:1 is not available[\s\S]*→ Start it/)
})

test('groups: a system that nobody runs is found, with what waits', async () => {
  const given = await examined()
  await applyTopics(given.kafka.admin, given.catalogue, { allowSingleReplica: true })
  const writer = await given.kafka.writer()
  const record = { key: null, value: Buffer.from('x'), headers: new Map() }
  const topic = given.catalogue.requests('add')
  await writer.append({ topic, partition: 0 }, [record, record])
  await writer.close()
  expect(await foundBy(groups, given)).toBe(
    `nobody runs any role of this app; 4 records wait\n→ errand start --app ${appPath}`, // workers and status
  )
})
