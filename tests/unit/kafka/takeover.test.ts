// Names and plans where an app takes over topics and groups.
import { describe, expect, it } from 'vitest'
import { defineApp } from '../../../app/app.ts'
import { event } from '../../../app/event.ts'
import type { RecordType } from '../../../app/record.ts'
import { subscriber } from '../../../app/subscriber.ts'
import { type Catalogue, catalogue, copyBytes } from '../../../kafka/catalogue.ts'
import type { TopicDescription } from '../../../kafka/log.ts'
import { tiers } from '../../../kafka/tiers.ts'
import { type TopicStep, topicPlan } from '../../../kafka/topicPlan.ts'
import { nullSchemas } from '../nullSchemas.ts'

const Order: RecordType<{ id: string }> = { name: 'shop.Order', schema: { type: 'record', name: 'Order', fields: [] } }
const handle = async () => undefined
const failures = (group: string) => ({
  retry: `stage.${group}.retry`,
  dead: `stage.${group}.dead`,
  state: `stage.${group}.dead.state`,
})

/** An app that reads a topic of others as `billing`, which it has taken over, and as a group of its own. */
function shop({ topic = 'orders', group = 'billing', namespace = 'stage' } = {}, options: object = {}): Catalogue {
  const orders = event('orders', Order, { topic, ...options })
  const shipped = event('shipped', Order, { key: () => 'k' })
  const subscribers = { bill: subscriber(orders, handle, { group }), count: subscriber(orders, handle) }
  return catalogue(defineApp({ name: 'shop', events: [orders, shipped], subscribers }), namespace, nullSchemas)
}

describe('an app that takes over', () => {
  it('names topic and group as given, and their retry and dead topics within the namespace', () => {
    const { groups, topics, takenOver, event: topicOf } = shop()
    expect(takenOver).toEqual(['orders'])
    expect([topicOf('orders'), topicOf('shipped')]).toEqual(['orders', 'stage.shipped'])
    expect(
      groups.filter(({ role }) => role !== 'delay').map(({ id, sources, failures }) => ({ id, sources, failures })),
    ).toEqual([
      { id: 'billing', sources: ['orders'], failures: failures('billing') },
      {
        id: 'stage.subscribers.count',
        sources: ['orders'],
        failures: failures('subscribers.count'),
      },
    ])
    expect(topics.map(({ name }) => name)).not.toContain('orders')
  })

  it('has a subject for what it writes in Avro, none for what it only reads or writes in JSON', () => {
    const subjects = (options: object) => shop({}, options).subjects.filter(({ name }) => name === 'orders-value')
    expect(subjects({})).toEqual([])
    expect(subjects({ format: 'json', key: () => 'k' })).toEqual([])
    expect(subjects({ key: () => 'k' })).toEqual([{ name: 'orders-value', schema: Order.schema, takenOver: true }])
  })

  it.each([
    [{ topic: 'stage.shipped' }, 'leave { topic } away'],
    [{ topic: 'stage_shipped' }, 'leave { topic } away'],
    [{ topic: 'stage.billing.dead' }, 'leave { topic } away'],
    [{ group: 'team.stage.subscribers.count', namespace: 'team.stage' }, 'leave { group } away'],
  ])('is refused where it is its own already: %o', (names, remedy) => {
    expect(() => shop(names)).toThrow(remedy)
  })
})

describe('the plan of a taken-over topic', () => {
  const described = (name: string, partitions: number, more: Partial<TopicDescription> = {}): TopicDescription => ({
    name,
    partitions,
    replicas: 1,
    config: {},
    maxMessageBytes: 1_048_588,
    ...more,
  })
  const cluster = (...topics: readonly TopicDescription[]) => new Map(topics.map((each) => [each.name, each]))
  const large = { topic: { config: { 'max.message.bytes': '10065536' } } }
  /** Leaves out what every app has, whatever it takes over. */
  const isApps = ({ topic }: TopicStep): boolean =>
    !/^stage\.(members|controls|delay\..+|.+\.dead\.state)$/.test(topic.name)
  const plan = (...topics: readonly TopicDescription[]) =>
    topicPlan(shop(), cluster(...topics), 1)
      .filter(isApps)
      .map(({ kind, topic }) => [kind, topic.name, 'partitions' in topic ? topic.partitions : 0])

  it('never creates it: without it nothing that holds copies of its records is planned either', () => {
    expect(plan()).toEqual([
      ['missing', 'orders', 0],
      ['create', 'stage.shipped', 12],
    ])
  })

  it('leaves it as it is, and gives retry and dead topics its partition count', () => {
    const theirs = described('orders', 5, { config: { 'retention.ms': '1', 'cleanup.policy': 'compact' } })
    expect(plan(theirs)).toEqual([
      ['taken-over', 'orders', 5],
      ['create', 'stage.shipped', 12],
      ...['billing.retry', 'billing.dead', 'subscribers.count.retry', 'subscribers.count.dead'].map((name) => [
        'create',
        `stage.${name}`,
        5,
      ]),
    ])
  })

  it('gives copies room for its largest records, whoever allows them', () => {
    const steps = topicPlan(shop(), cluster(described('orders', 5, { maxMessageBytes: 10_000_000 })), 1)
    for (const name of ['stage.billing.retry', 'stage.billing.dead'])
      expect(steps.find(({ topic }) => topic.name === name)).toMatchObject(large)
  })

  it('gives the tiers room for its largest records too, which may have to wait, and for the app’s own at least', () => {
    const tiersFor = (maxMessageBytes: number) =>
      topicPlan(shop(), cluster(described('orders', 5, { maxMessageBytes })), 1).filter(({ topic }) =>
        /^stage\.delay\.(\d+[smh]|dead)$/.test(topic.name),
      )
    expect(tiersFor(10_000_000)).toHaveLength(tiers.length + 1)
    for (const step of tiersFor(10_000_000)) expect(step).toMatchObject(large)
    for (const step of tiersFor(1_000))
      expect(step).toMatchObject({ topic: { config: { 'max.message.bytes': String(copyBytes(1_048_588)) } } })
  })

  it('enlarges them when it has got more partitions, and nothing else', () => {
    const created = topicPlan(shop(), cluster(described('orders', 5)), 1).flatMap((step) =>
      step.kind === 'create' && isApps(step) ? [{ ...step.topic, maxMessageBytes: 0 }] : [],
    )
    const later = topicPlan(shop(), cluster(described('orders', 8), ...created), 1)
    expect(
      later
        .filter(isApps)
        .map((step) => (step.kind === 'grow' ? [step.topic.name, step.from, step.topic.partitions] : step.kind)),
    ).toEqual([
      'taken-over',
      'same',
      ['stage.billing.retry', 5, 8],
      ['stage.billing.dead', 5, 8],
      ['stage.subscribers.count.retry', 5, 8],
      ['stage.subscribers.count.dead', 5, 8],
    ])
  })
})
