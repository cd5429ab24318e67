// Topics and groups that an app takes over, as it declares them.
import { describe, expect, test } from 'vitest'
import { type AppDefinition, defineApp } from '../../../app/app.ts'
import { event } from '../../../app/event.ts'
import type { RecordType } from '../../../app/record.ts'
import { subscriber } from '../../../app/subscriber.ts'

const Order: RecordType<{ id: string }> = { name: 'shop.Order', schema: 'string' }
const handle = async () => undefined
const orders = event('orders', Order, { topic: 'Legacy_Orders-v2' })

const problems = (parts: Omit<AppDefinition<undefined>, 'name'>): readonly string[] => {
  try {
    defineApp({ name: 'shop', ...parts })
    return []
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-app' })
    return (error as Error).message.split('\n- ').slice(1)
  }
}
const ofTopic = (topic: string) => problems({ events: [event('orders', Order, { topic })] })
const ofGroup = (group: string) =>
  problems({ events: [orders], subscribers: { billing: subscriber(orders, handle, { group }) } })

test('a topic and a group are taken as they are named; without a key the event is only read', () => {
  expect(orders).toMatchObject({ topic: 'Legacy_Orders-v2', format: 'avro' })
  expect(orders).not.toHaveProperty('key')
  expect(event('orders', Order, { key: ({ id }) => id })).not.toHaveProperty('topic')
  expect(ofGroup('Legacy_Billing-v2')).toEqual([])
})

describe('a topic', () => {
  test.each(['', '.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(250)])('may not be %j', (topic) => {
    expect(ofTopic(topic)).toEqual([expect.stringMatching(/event "orders": the topic ".*" is no topic's name/)])
  })

  test.each([
    'flights.subscribers.archive.retry',
    'flights.workers.punctuality.dead',
    'flights.workers.punctuality.dead.state',
    'flights.callbacks.retry',
    'flights.delay.10s',
  ])('may not be %s, which only its own group may write', (topic) => {
    expect(ofTopic(topic)).toEqual([expect.stringContaining('belongs to a group of an Errand app')])
  })

  test.each(['orders', 'flights.flight.landed', 'a.retry', 'exam.results', 'x'.repeat(249)])('may be %s', (topic) => {
    expect(ofTopic(topic)).toEqual([])
  })

  test.each([
    ['orders', 'orders'],
    ['shop.orders', 'shop_orders'],
  ])('holds one event: two on %s and %s are refused', (one, other) => {
    const events = [event('one', Order, { topic: one }), event('other', Order, { topic: other })]
    expect(problems({ events })).toEqual([expect.stringContaining('event "one" and event "other" are on one topic')])
  })
})

describe('a group', () => {
  test.each(['', 'my group', 'a:b', 'x'.repeat(131)])('may not be %j, after which no topic can be named', (group) => {
    expect(ofGroup(group)).toEqual([
      expect.stringMatching(/subscriber "billing": the group ".*" cannot name a retry topic/),
    ])
  })

  test.each(['subscribers.archive', 'workers.add', 'callbacks', 'delay.x'])(
    'may not be %s, whose retry topic the platform has',
    (group) => expect(ofGroup(group)).toEqual([expect.stringContaining('the retry topic of a group of the platform')]),
  )

  test.each(['flights.subscribers.archive', 'flights.workers.punctuality', 'flights.callbacks'])(
    'may not be %s, which another app reads with',
    (group) => expect(ofGroup(group)).toEqual([expect.stringContaining('is a group of an Errand app')]),
  )

  test('has one subscriber', () => {
    const subscribers = {
      one: subscriber(orders, handle, { group: 'billing.v1' }),
      other: subscriber(orders, handle, { group: 'billing_v1' }),
    }
    expect(problems({ events: [orders], subscribers })).toEqual([
      expect.stringContaining('subscriber "one" and subscriber "other" have one group'),
    ])
  })
})
