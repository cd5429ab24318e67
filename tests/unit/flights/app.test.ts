import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import app from '../../../examples/flights/app.ts'
import { generateTypes } from '../../../schemas/codegen/generate.ts'
import { readSeries } from '../../../schemas/folder/folder.ts'

test('the flights app has one event, three subscribers from its beginning, and one request type', () => {
  expect(app.events.map(({ name }) => name)).toEqual(['flight.landed'])
  const from = Object.entries(app.subscribers).map(([name, subscriber]) => [
    name,
    subscriber.event.name,
    subscriber.from,
  ])
  expect(from).toEqual(['archive', 'averages', 'alerts'].map((name) => [name, 'flight.landed', 'earliest']))
  expect(Object.keys(app.requests)).toEqual(['punctuality'])
})

test('its generated types are those of its schemas', async () => {
  const folder = 'examples/flights/schemas'
  expect(readFileSync(`${folder}/generated.ts`, 'utf8')).toBe(generateTypes(await readSeries(folder)))
})
