// What a test submits is held against what the API says, place by place.
import { describe, expect, test } from 'vitest'
import { defineApp, type RecordType, request } from '../../../app/index.ts'
import { testApp } from '../../../testing/index.ts'

const time = (logicalType: string) => ({ type: 'long', logicalType })
const address = { type: 'record', name: 'Address', fields: [{ name: 'since', type: time('timestamp-millis') }] }
const fields = [
  { name: 'millis', type: time('timestamp-millis') },
  { name: 'micros', type: time('timestamp-micros') },
  { name: 'maybe', type: ['null', time('timestamp-millis')] },
  { name: 'size', type: ['int', 'double'] },
  { name: 'addresses', type: { type: 'map', values: { type: 'array', items: address } } },
  { name: 'count', type: { type: 'long', typescript: 'bigint' } },
  { name: 'note', type: 'string', default: '' },
]
// biome-ignore lint/suspicious/noExplicitAny: tests submit what the types refuse
const Asked: RecordType<any> = { name: 'Asked', schema: { type: 'record', name: 'Asked', fields } as never }
const seen: unknown[] = []
const app = defineApp({
  name: 'asking',
  requests: {
    ask: request(Asked, Asked, async (asked) => {
      seen.push(asked)
      return asked
    }),
  },
})

const date = new Date('2026-01-31T12:00:00Z')
const never = new Date(Number.NaN)
const good = {
  ...{ millis: date, micros: date, maybe: date, size: { double: 0.5 }, count: 5n },
  addresses: { home: [{ since: date }] },
}

async function refusalOf(data: unknown): Promise<string> {
  await using errand = await testApp(app)
  const error = await errand.submit('ask', data).catch((error: Error) => error)
  return (error as Error).message
}

describe('what a test submits', () => {
  test('arrives as it is, where it is right', async () => {
    await using errand = await testApp(app)
    await errand.submit('ask', good)
    await errand.settled()
    expect(seen).toEqual([{ ...good, note: '' }])
  })

  test.each([
    ['a Date that is none', { millis: never }, ['/data/millis']],
    ['one where null may be', { maybe: never }, ['/data/maybe']],
    ['one deep within', { addresses: { home: [{ since: date }, { since: never }] } }, ['/data/addresses/home/1/since']],
    ['a branch that there is not', { size: { long: 1 } }, ['/data/size']],
    ['a branch that is not named', { size: 1 }, ['/data/size']],
    ['two branches', { size: { int: 1, double: 1 } }, ['/data/size']],
    ['an unknown field', { other: 1 }, ['/data/other']],
    [
      'an unknown field within',
      { addresses: { home: [{ since: date, until: date }] } },
      ['/data/addresses/home/0/until'],
    ],
    ['what is left out', { millis: undefined }, ['/data/millis']],
    ['two that are wrong', { millis: never, count: 'x' }, ['/data/millis', '/data/count']],
  ])('%s is refused as the API does, and nothing beside it', async (_, wrong, places) => {
    const message = await refusalOf({ ...good, ...wrong })
    expect(message).toMatch('the API would refuse this with 422')
    expect([...message.matchAll(/\/data[^ ]*/g)].map(([place]) => place)).toEqual(places)
  })

  test('what holds itself is refused, and not followed without end', async () => {
    const itself: Record<string, unknown> = { ...good }
    itself.addresses = { home: [itself] }
    expect(await refusalOf(itself)).toMatch('the API would refuse this with 422')
  })
})
