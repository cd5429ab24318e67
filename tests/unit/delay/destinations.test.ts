// Which topics delay takes for retry topics of its own app.
import { expect, test } from 'vitest'
import { isRetryTopic } from '../../../consumers/delay/destinations.ts'
import { catalogue } from '../../../kafka/catalogue.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'
import { app } from './delayBench.ts'

const shop = catalogue(app, 'shop', platformSchemas)

test.each(['workers.wait', 'workers.new', 'subscribers.new.one', 'callbacks', 'acme-billing', 'acme.billing'])(
  'delay brings records to groups of its app, and of a newer version of it: %s',
  (group) => expect(isRetryTopic(shop, `shop.${group}.retry`)).toBe(true),
)

test.each([
  'shopping.workers.wait.retry',
  'shop.eu.workers.wait.retry',
  'shop.eu.west.subscribers.hears.retry',
  'shop.eu.callbacks.retry',
  'shop.requests.wait.retry',
  'shop.delay.retry',
  'shop..retry',
  'shop.retry',
])('delay brings no record to what is no group of its app, or is one of another namespace: %s', (topic) =>
  expect(isRetryTopic(shop, topic)).toBe(false),
)
