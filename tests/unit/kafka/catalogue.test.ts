// Names and settings of an app's topics, groups and subjects.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type App, defineApp } from '../../../app/app.ts'
import { event } from '../../../app/event.ts'
import type { RecordType } from '../../../app/record.ts'
import { request } from '../../../app/request.ts'
import { subscriber } from '../../../app/subscriber.ts'
import { type Catalogue, catalogue } from '../../../kafka/catalogue.ts'
import { tiers } from '../../../kafka/tiers.ts'

const record = (name: string): RecordType => ({ name, schema: { type: 'record', name, fields: [] } })
const schema = (name: string) => record(name).schema
const platform = {
  failure: schema('errand.Failure'),
  progress: schema('errand.Progress'),
  delivery: schema('errand.Delivery'),
  member: schema('errand.Member'),
  control: schema('errand.Control'),
  deadState: schema('errand.DeadState'),
}

const landed = event('flight.landed', record('flights.FlightLanded'), { key: () => 'k' })
const handler = async () => undefined
const app = (parts: Partial<Parameters<typeof defineApp>[0]> = {}): App =>
  defineApp({
    name: 'flights',
    partitions: 4,
    events: [landed],
    subscribers: { archive: subscriber(landed, handler) },
    requests: { punctuality: request(record('flights.Input'), record('flights.Result'), handler) },
    ...parts,
  }) as App
const delayed = tiers.map(({ name }) => `stage.delay.${name}`)
const of = (parts?: Parameters<typeof app>[0]): Catalogue => catalogue(app(parts), 'stage', platform)

describe('the catalogue', () => {
  it('names every topic within the namespace', () => {
    expect(of().topics.map(({ name }) => name)).toEqual([
      'stage.flight.landed',
      'stage.requests.punctuality',
      'stage.results',
      'stage.deliveries',
      'stage.progress',
      'stage.workers.punctuality.retry',
      'stage.workers.punctuality.dead',
      'stage.subscribers.archive.retry',
      'stage.subscribers.archive.dead',
      'stage.callbacks.retry',
      'stage.callbacks.dead',
      ...delayed,
      'stage.delay.dead',
      ...['workers.punctuality', 'subscribers.archive', 'callbacks', 'delay'].map((each) => `stage.${each}.dead.state`),
      'stage.members',
      'stage.controls',
    ])
  })

  it('has a group per request type, per subscriber, for callbacks, for delay and for status', () => {
    expect(of().groups.map(({ role, name, id, sources }) => ({ role, name, id, sources }))).toEqual([
      {
        role: 'workers',
        name: 'punctuality',
        id: 'stage.workers.punctuality',
        sources: ['stage.requests.punctuality'],
      },
      { role: 'subscribers', name: 'archive', id: 'stage.subscribers.archive', sources: ['stage.flight.landed'] },
      { role: 'callbacks', name: '', id: 'stage.callbacks', sources: ['stage.results'] },
      { role: 'delay', name: '', id: 'stage.delay', sources: delayed.slice(1) },
      {
        role: 'status',
        name: '',
        id: 'stage.status',
        sources: ['stage.requests.punctuality', 'stage.results', 'stage.progress', 'stage.deliveries'],
      },
    ])
  })

  it('has nothing about requests for an app that takes none', () => {
    const { topics, groups, subjects } = of({ requests: {} })
    expect(topics.map(({ name }) => name)).toEqual([
      'stage.flight.landed',
      'stage.subscribers.archive.retry',
      'stage.subscribers.archive.dead',
      ...delayed,
      'stage.delay.dead',
      'stage.subscribers.archive.dead.state',
      'stage.delay.dead.state',
      'stage.members',
      'stage.controls',
    ])
    expect(groups.map(({ id }) => id)).toEqual(['stage.subscribers.archive', 'stage.delay'])
    expect(subjects.map(({ name }) => name)).toEqual([
      'stage.flight.landed-value',
      'stage.subscribers.archive.dead.state-value',
      'stage.delay.dead.state-value',
      'stage.members-value',
      'stage.controls-value',
    ])
  })

  it('has a subject per topic, and on results one per record', () => {
    expect(of().subjects).toEqual([
      { name: 'stage.flight.landed-value', schema: schema('flights.FlightLanded') },
      { name: 'stage.requests.punctuality-value', schema: schema('flights.Input') },
      { name: 'stage.results-flights.Result', schema: schema('flights.Result') },
      { name: 'stage.results-errand.Failure', schema: platform.failure },
      { name: 'stage.progress-value', schema: platform.progress },
      { name: 'stage.deliveries-value', schema: platform.delivery },
      ...['workers.punctuality', 'subscribers.archive', 'callbacks', 'delay'].map((each) => ({
        name: `stage.${each}.dead.state-value`,
        schema: platform.deadState,
      })),
      { name: 'stage.members-value', schema: platform.member },
      { name: 'stage.controls-value', schema: platform.control },
    ])
  })

  it('has one subject for a result that two request types share', () => {
    const shared = record('flights.Result')
    const requests = {
      a: request(record('A'), shared, handler),
      b: request(record('B'), { ...shared, schema: structuredClone(shared.schema) }, handler),
    }
    const names = of({ requests }).subjects.map(({ name }) => name)
    expect(names.filter((name) => name === 'stage.results-flights.Result')).toHaveLength(1)
  })

  it('keeps the last word of each process and each control, in one partition whatever the app has', () => {
    for (const [name, policy] of [
      ['stage.members', 'compact,delete'],
      ['stage.controls', 'compact'],
    ])
      expect(of().topics.find((topic) => topic.name === name)).toMatchObject({
        partitions: 1,
        config: { 'cleanup.policy': policy },
      })
  })

  it('keeps failed records for ever and leaves their copies room for more headers', () => {
    const config = (name: string) => of().topics.find((topic) => topic.name === name)?.config ?? {}
    const source = Number(config('stage.requests.punctuality')['max.message.bytes'])
    for (const name of ['stage.workers.punctuality.retry', 'stage.workers.punctuality.dead']) {
      expect(config(name)['retention.ms']).toBe('-1')
      expect(Number(config(name)['max.message.bytes'])).toBe(source + 65_536)
    }
  })

  it('keeps what waits for ever, in one partition a tier, stamped when it begins to wait', () => {
    for (const name of [...delayed, 'stage.delay.dead'])
      expect(of().topics.find((topic) => topic.name === name)).toMatchObject({
        partitions: 1,
        config: { 'retention.ms': '-1', 'message.timestamp.type': 'LogAppendTime' },
      })
    expect(of({ requests: {}, subscribers: {} }).topics.filter(({ name }) => name.includes('delay'))).toEqual([])
  })

  const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}(\.[a-z][a-z0-9_-]{0,8})?$/)
  const names = fc.uniqueArray(name, { maxLength: 4 })

  it('never gives two things one name, and gives all topics of a group as many partitions', () => {
    fc.assert(
      fc.property(names, names, names, (eventNames, subscriberNames, types) => {
        const events = eventNames.map((each) => event(each, record('E'), { key: () => 'k' }))
        const parts = {
          events: [...events, landed],
          subscribers: Object.fromEntries(subscriberNames.map((each) => [each, subscriber(landed, handler)])),
          requests: Object.fromEntries(types.map((each) => [each, request(record(`I.${each}`), record('R'), handler)])),
        }
        let made: Catalogue
        try {
          made = of(parts)
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-app' }) // a reserved event name
          return
        }
        const partitions = new Map(made.topics.map((topic) => [topic.name, topic.partitions]))
        expect(partitions.size).toBe(made.topics.length)
        expect(new Set(made.groups.map(({ id }) => id)).size).toBe(made.groups.length)
        expect(new Set(made.subjects.map((subject) => subject.name)).size).toBe(made.subjects.length)
        for (const { role, sources, failures } of made.groups) {
          const ofRecords = [...sources, ...(failures ? [failures.retry, failures.dead] : [])]
          for (const topic of ofRecords) expect(partitions.get(topic)).toBe(role === 'delay' ? 1 : 4)
          if (failures) expect(partitions.get(failures.state)).toBe(1)
        }
      }),
    )
  })
})
