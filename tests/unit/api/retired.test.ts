// A client of an earlier version of an input, and the API of a later one.
import { describe, expect, test } from 'vitest'
import { type App, defineApp } from '../../../app/app.ts'
import type { AvroSchema } from '../../../app/record.ts'
import { request } from '../../../app/request.ts'
import { catalogue } from '../../../kafka/catalogue.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import { retiredFields } from '../../../schemas/codegen/retired.ts'
import { nullSchemas } from '../nullSchemas.ts'
import { refused, runningApi } from './runningApi.ts'

const booking = (passenger: readonly string[], ...fields: readonly object[]): AvroSchema => ({
  type: 'record',
  name: 'test.Booking',
  fields: [
    {
      name: 'passengers',
      type: {
        type: 'array',
        items: {
          ...{ type: 'record', name: 'test.Passenger' },
          fields: passenger.map((name) => ({ name, type: 'string' })),
        },
      },
    },
    ...fields,
  ],
})
const v1 = booking(
  ['name', 'seat'],
  { name: 'flight', type: 'string' },
  { name: 'paid', type: 'long' },
  { name: 'at', type: 'long' },
)
const v2 = booking(
  ['name'],
  { name: 'service', type: 'string', aliases: ['flight'] },
  { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
)
const retired = retiredFields([avroType(v1)], avroType(v2))

const appOf = (more: object): App<undefined> => {
  const input = { name: 'test.Booking', schema: v2, ...more }
  return defineApp({ name: 'test', requests: { booking: request(input, input, () => Promise.resolve({})) } })
}
const api = (app: App<undefined>) =>
  runningApi({
    app,
    catalogue: catalogue(app, 'test', nullSchemas),
    encoder: () => (value) => avroType(v2).toBuffer(value),
  })

const ofV1 = { passengers: [{ name: 'Ann', seat: '1A' }], flight: 'AF1', paid: 9, at: 1_000 }
const read = { passengers: [{ name: 'Ann' }], service: 'AF1', at: new Date(1_000) }

describe('a request of a client that knows the version before', () => {
  test('is accepted: what is retired is ignored at any depth, and what was renamed under an alias is read', async () => {
    expect(retired).toEqual({ 'test.Booking': ['paid'], 'test.Passenger': ['seat'] })
    await using running = await api(appOf({ retired }))
    const answer = await running.post('/v1/requests/booking', { data: ofV1 })
    expect(answer.status).toBe(202)
    expect(avroType(v2).fromBuffer(running.sent[0]!.value!)).toEqual(read)
  })

  test('is refused for what no version ever had, where that is', async () => {
    await using running = await api(appOf({ retired }))
    const data = { ...ofV1, seat: '1A', passengers: [{ name: 'Ann', paid: 9 }] }
    const { errors } = await refused(
      running,
      await running.post('/v1/requests/booking', { data }),
      422,
      'invalid-request',
    )
    expect(errors?.map(({ pointer }) => pointer)).toEqual(['/data/passengers/0/paid', '/data/seat'])
  })

  test('is refused where generated.ts says nothing of the version before', async () => {
    await using running = await api(appOf({}))
    const { errors } = await refused(
      running,
      await running.post('/v1/requests/booking', { data: ofV1 }),
      422,
      'invalid-request',
    )
    expect(errors?.map(({ pointer }) => pointer)).toEqual(['/data/passengers/0/seat', '/data/paid'])
  })
})

test('a client of this version is answered as ever', async () => {
  await using running = await api(appOf({ retired }))
  const data = { passengers: [{ name: 'Ann' }], service: 'AF1', at: '1970-01-01T00:00:01Z' }
  expect((await running.post('/v1/requests/booking', { data })).status).toBe(202)
  expect(avroType(v2).fromBuffer(running.sent[0]!.value!)).toEqual(read)
})
