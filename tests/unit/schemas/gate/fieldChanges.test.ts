// How declared fields change for handlers.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineApp } from '../../../../app/app.ts'
import { event } from '../../../../app/event.ts'
import type { AvroSchema } from '../../../../app/record.ts'
import { request } from '../../../../app/request.ts'
import { subscriber } from '../../../../app/subscriber.ts'
import { changeText } from '../../../../bin/schemas/blastLines.ts'
import { fieldChanges, handlerChanges } from '../../../../schemas/gate/fieldChanges.ts'
import { recordSchema as anyRecord } from '../avroArbitrary.ts'
import { asRecord, flight, gate, origin, proposal, recordSchema, status } from './blastParts.ts'

const told = (from: AvroSchema, to: AvroSchema) => fieldChanges(from, to, 'input').map(changeText)
const trip = (...fields: Parameters<typeof recordSchema>[1][]) => recordSchema('Trip', ...fields)

test('what is gone, new or of another type is told in the words of TypeScript', () => {
  const from = trip(origin, { name: 'seats', type: 'int' }, { name: 'carrier', type: 'string' }, status('LATE'))
  const to = trip(origin, { name: 'seats', type: ['int', 'null'] }, status('LATE', 'DIVERTED'), gate, {
    name: 'miles',
    type: 'double',
  })
  expect(told(from, to)).toEqual([
    'input.seats: number → number | null',
    'input.carrier removed',
    "input.status: 'LATE' → 'LATE' | 'DIVERTED'",
    'input.gate added: null | string, null in older records',
    'input.miles added: number, without a default',
  ])
})

test('changes are found however deep they lie, and where a type is widened by null', () => {
  const leg = (...fields: Parameters<typeof recordSchema>[1][]) => recordSchema('Leg', origin, ...fields)
  const holding = (of: AvroSchema) =>
    trip(
      { name: 'legs', type: { type: 'array', items: of } },
      { name: 'byDay', type: { type: 'map', values: recordSchema('Day', { name: 'last', type: ['null', 'Leg'] }) } },
    )
  expect(told(holding(leg()), holding(leg(gate)))).toEqual([
    'input.legs[].gate added: null | string, null in older records',
  ])
  const maybe = (of: AvroSchema) => trip({ name: 'leg', type: of })
  expect(told(maybe(leg()), maybe(['null', leg(gate)]))).toEqual([
    'input.leg: Leg → null | Leg',
    'input.leg.gate added: null | string, null in older records',
  ])
})

test('a record that holds itself is gone through once', () => {
  const node = (...fields: Parameters<typeof recordSchema>[1][]) =>
    recordSchema('Node', { name: 'next', type: ['null', 'Node'] }, ...fields)
  expect(told(node(), node(gate))).toEqual(['input.gate added: null | string, null in older records'])
})

test('no schema changes against itself', () => {
  fc.assert(
    fc.property(anyRecord, (schema) => {
      expect(fieldChanges(schema, JSON.parse(JSON.stringify(schema)), 'input')).toEqual([])
    }),
  )
})

test('each handler that declares the record is told with what it calls it', () => {
  const landed = event('flight.landed', asRecord(flight.v1), { key: () => '' })
  const other = event('other', asRecord(recordSchema('Other', origin)), { key: () => '' })
  const nothing = async () => undefined
  const app = defineApp({
    name: 'flights',
    events: [landed, other],
    subscribers: { archive: subscriber(landed, nothing), others: subscriber(other, nothing) },
    requests: { delay: request(asRecord(recordSchema('Input', origin)), asRecord(flight.v1), async () => ({})) },
  })
  const changes = [{ kind: 'added', path: 'event.gate', to: 'null | string', older: 'null' }]
  expect(handlerChanges(app, [proposal('flight.landed', flight.v1, flight.v3)])).toEqual([
    { kind: 'handler', name: 'delay', reads: 'requests.delay', changes: [{ ...changes[0], path: 'result.gate' }] },
    { kind: 'subscriber', name: 'archive', reads: 'flight.landed', changes },
  ])
  expect(handlerChanges(app, [proposal('flight.landed', flight.v1)])).toEqual([])
})
