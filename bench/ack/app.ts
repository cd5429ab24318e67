// The app of `bench ack`, in two sizes: one request type of ten fields, ordered where a client gives a key. Only its API is run.
import { type App, defineApp, type RecordType, request } from '../../app/index.ts'

type Booking = { readonly customer: string; readonly from: string; readonly to: string; readonly date: string }

const text = (name: string) => ({ name, type: 'string' })
const Booking: RecordType<Booking> = {
  name: 'bench.Booking',
  schema: {
    type: 'record',
    name: 'Booking',
    namespace: 'bench',
    fields: [
      ...['customer', 'from', 'to', 'date', 'cabin', 'note'].map(text),
      { name: 'seats', type: 'int' },
      { name: 'priceCents', type: 'long' },
      { name: 'flexible', type: 'boolean' },
      { name: 'extras', type: { type: 'array', items: 'string' } },
    ],
  },
}

export const benchApp = (partitions: number): App<undefined> =>
  defineApp({
    name: 'bench',
    partitions,
    requests: { book: request(Booking, Booking, async (booking) => booking, { orderingKey: true }) },
  })
