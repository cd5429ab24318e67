// What `bench codec` writes and reads: a record of ten fields, and of nine in the version before.
import type { RecordType } from '../../app/record.ts'

type OlderBooking = {
  readonly id: string
  readonly customer: string
  readonly from: string
  readonly to: string
  readonly seats: number
  readonly priceCents: number
  readonly weightKg: number
  readonly flexible: boolean
  readonly cabin: 'economy' | 'business' | 'first'
}
type Booking = OlderBooking & { readonly note: null | string }

const olderFields = [
  { name: 'id', type: 'string' },
  { name: 'customer', type: 'string' },
  { name: 'from', type: 'string' },
  { name: 'to', type: 'string' },
  { name: 'seats', type: 'int' },
  { name: 'priceCents', type: 'long' },
  { name: 'weightKg', type: 'double' },
  { name: 'flexible', type: 'boolean' },
  { name: 'cabin', type: { type: 'enum', name: 'Cabin', symbols: ['economy', 'business', 'first'] } },
]
const name = 'bench.Booking'

export const olderBooking: RecordType<OlderBooking> = { name, schema: { type: 'record', name, fields: olderFields } }

export const booking: RecordType<Booking> = {
  name,
  schema: {
    type: 'record',
    name,
    fields: [...olderFields, { name: 'note', type: ['null', 'string'], default: null }],
  },
}

const cabins = ['economy', 'business', 'first'] as const

export const bookings: readonly Booking[] = Array.from({ length: 64 }, (_, index) => ({
  id: `booking-${index}`,
  customer: `customer-${index * 7}`,
  from: 'SFO',
  to: 'JFK',
  seats: 1 + (index % 5),
  priceCents: 45_900 + index,
  weightKg: 12.5 * index,
  flexible: index % 2 === 0,
  cabin: cabins[index % cabins.length]!,
  note: index % 3 === 0 ? 'a window, please' : null,
}))
