// An app on a topic that others have made: it reads orders, and writes some. The module itself is the app of the command,
// which is told the topic's name and format by its environment.
import type { App } from '../../../app/app.ts'
import { type Context, defineApp, event, type Format, type RecordType, subscriber } from '../../../app/index.ts'

export type Order = {
  readonly id: string
  readonly cents: number
  readonly placed: Date
  readonly note: string | null
}

const fields = [
  { name: 'id', type: 'string' },
  { name: 'cents', type: 'long' },
  { name: 'placed', type: { type: 'long', logicalType: 'timestamp-millis' }, default: 0 },
  { name: 'note', type: ['null', 'string'], default: null },
]
export const Order: RecordType<Order> = {
  name: 'shop.Order',
  schema: { type: 'record', name: 'shop.Order', aliases: ['com.acme.PurchaseOrder'], fields },
}
/** What the others write: another name, one field more and one less. */
export const theirSchema = {
  type: 'record',
  name: 'com.acme.PurchaseOrder',
  fields: [...fields.slice(0, 3), { name: 'channel', type: 'string', default: 'web' }],
}

export type Seen = { readonly order: Order } & Pick<Context, 'id' | 'key' | 'headers'>
export type ShopOptions = {
  readonly topic: string
  readonly format: Format
  /** Default: a group of its own. */
  readonly group?: string
  readonly from?: 'earliest' | 'latest'
}

/** Its subscriber `billing` tells what it has seen; `isKeyed` lets it write too. */
export function shop(
  { topic, format, group, from = 'earliest' }: ShopOptions,
  { isKeyed = false }: { readonly isKeyed?: boolean } = {},
): { readonly app: App; readonly seen: Seen[] } {
  const seen: Seen[] = []
  const source = event('orders', Order, { topic, format, ...(isKeyed ? { key: ({ id }: Order) => id } : {}) })
  const billing = subscriber(
    source,
    async (order, { id, key, headers }) => {
      seen.push({ order, id, key, headers })
    },
    { from, ...(group === undefined ? {} : { group }) },
  )
  return { app: defineApp({ name: 'shop', events: [source], subscribers: { billing } }) as App, seen }
}

const { SHOP_TOPIC: topic = 'orders', SHOP_FORMAT: format, SHOP_READS: reads } = process.env
export default shop({ topic, format: format === 'json' ? 'json' : 'avro' }, { isKeyed: reads !== 'only' }).app
