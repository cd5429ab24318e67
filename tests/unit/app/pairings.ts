// Wrong pairings, which must not compile. `npm run check` fails where one of the expected errors is missing, and
// pairings.test.ts shows that each of them is there. Nothing here is ever run.
import {
  type Context,
  defineApp,
  type EventHandler,
  event,
  type RecordType,
  type RequestHandler,
  request,
  subscriber,
} from '../../../app/index.ts'

type Landed = { origin: string; delay: number }
type Departed = { origin: string; gate: string }
type LandedInit = { origin: string; delay?: number }
type Input = { airport: string }
type Result = { flights: number; svg: string }
type Resources = { flights: { at(airport: string): number[] } }

declare const Landed: RecordType<Landed>
declare const Departed: RecordType<Departed>
declare const Input: RecordType<Input>
declare const Result: RecordType<Result>
declare const handler: RequestHandler<Input, Result, Resources>
declare const onLanded: EventHandler<Landed, Resources>
declare const context: Context<Resources>
declare const resources: () => Promise<Resources>

const landed = event('landed', Landed, { key: ({ origin }) => origin })
const departed = event('departed', Departed, { key: ({ origin }) => origin })

const arrived = event('arrived', Landed, { topic: 'arrivals' })
const arriving = event('arriving', Landed, { topic: 'arriving', format: 'json', key: ({ origin }) => origin })

// What belongs together compiles, written out or in place, with the types that the records give.
export default defineApp({
  name: 'right',
  resources,
  events: [landed, departed, arrived, arriving],
  subscribers: {
    handled: subscriber(landed, onLanded, { from: 'earliest' }),
    inPlace: subscriber(departed, async ({ gate }, { send }) => send(landed, { origin: gate, delay: 1 })),
    takenOver: subscriber(arrived, async ({ origin }, { send }) => send(arriving, { origin, delay: 1 }), {
      group: 'arrivals',
    }),
  },
  requests: {
    handled: request(Input, Result, handler, { timeoutMs: 1_000 }),
    inPlace: request(Input, Result, async ({ airport }) => ({ flights: airport.length, svg: '' })),
  },
})
export const withoutResources = defineApp({
  name: 'right',
  requests: { inPlace: request(Input, Result, async () => ({ flights: 1, svg: '' })) },
})

// Where a field has a default, what is written may leave it out; what is read has it.
declare const Sparse: RecordType<Landed, LandedInit>
declare const sparseContext: Context
const sparse = event('sparse', Sparse, { key: ({ origin }) => origin })
sparseContext.send(sparse, { origin: 'DFW' })
sparseContext.send(sparse, { origin: 'DFW', delay: 1 })
subscriber(sparse, async ({ delay }) => void delay.toFixed())
request(Sparse, Sparse, async ({ origin, delay }) => (delay > 1 ? { origin } : { origin, delay }))
request(Sparse, Sparse, async (landed: Landed): Promise<Landed> => landed)

// What has no default, or is of another type; a key that is written before its default is.
// @ts-expect-error
sparseContext.send(sparse, { delay: 1 })
// @ts-expect-error
sparseContext.send(sparse, { origin: 'DFW', delay: 'long' })
// @ts-expect-error
request(Sparse, Sparse, async () => ({ delay: 1 }))
// @ts-expect-error
request(Sparse, Landed, async () => ({ origin: 'DFW' }))
// @ts-expect-error
event('sparse', Sparse, { key: ({ delay }) => delay.toFixed() })

// The schema of a request's input, and of its result.
// @ts-expect-error
request(Departed, Result, handler)
// @ts-expect-error
request(Input, Landed, handler)

// A result of the wrong type, or without a field.
// @ts-expect-error
request(Input, Result, async () => ({ flights: 'many', svg: '' }))
// @ts-expect-error
request(Input, Result, async () => ({ flights: 1 }))

// A handler that wants more than its input has.
// @ts-expect-error
request(Input, Result, async ({ gate }: Input & { gate: string }) => ({ flights: gate.length, svg: '' }))

// A key that is not text, or of a field that is not there.
// @ts-expect-error
event('landed', Landed, { key: ({ delay }) => delay })
// @ts-expect-error
event('landed', Landed, { key: ({ gate }) => gate })

// A handler of another event.
// @ts-expect-error
subscriber(departed, onLanded)

// Sending another event's record, or half of one.
// @ts-expect-error
context.send(landed, { origin: 'DFW', gate: 'B7' })
// @ts-expect-error
context.send(landed, { origin: 'DFW' })

// Handlers that want resources which the app has not, or has of another type.
const asks = request(Input, Result, handler)
const reads = subscriber(landed, onLanded)
// @ts-expect-error
defineApp({ name: 'wrong', requests: { asks } })
// @ts-expect-error
defineApp({ name: 'wrong', events: [landed], subscribers: { reads } })
// @ts-expect-error
defineApp({ name: 'wrong', resources: async () => ({ boats: 1 }), requests: { asks } })
// @ts-expect-error
defineApp({ name: 'wrong', resources: async () => ({ flights: 1 }), requests: { asks } })

// A resource that is not there.
// @ts-expect-error
context.resources.boats

// An event in a format that there is not, with a record of another type, or on a topic that is no name.
// @ts-expect-error
event('landed', Landed, { topic: 'landings', format: 'xml' })
// @ts-expect-error
event('landed', Landed, { topic: 'landings', format: 'json', key: ({ gate }) => gate })
// @ts-expect-error
event('landed', Landed, { topic: 5 })

// One of its own that nothing could be written to.
// @ts-expect-error
event('landed', Landed, { format: 'json' })

// Sending one that is only read, or another's record; handling it as another's.
const landings = event('landings', Landed, { topic: 'landings', format: 'json' })
const written = event('written', Landed, { topic: 'landings', format: 'json', key: ({ origin }) => origin })
// @ts-expect-error
context.send(landings, { origin: 'DFW', delay: 1 })
// @ts-expect-error
context.send(written, { origin: 'DFW', gate: 'B7' })
// @ts-expect-error
subscriber(landings, async ({ gate }: Departed) => void gate)

// A group that is no name.
// @ts-expect-error
subscriber(landed, onLanded, { group: ['a'] })

// No event, no request.
// @ts-expect-error
defineApp({ name: 'wrong', events: [Landed] })
// @ts-expect-error
defineApp({ name: 'wrong', requests: { reads } })

// Where a handler runs.
// @ts-expect-error
request(Input, Result, handler, { isolate: 'process' })
