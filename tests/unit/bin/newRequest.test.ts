import { expect, test } from 'vitest'
import { newRequest, newSchemas, newSettings } from '../../../bin/newRequest.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import { parseSettings } from '../../../schemas/folder/subjectSettings.ts'

test.each([
  ['quote', 'quote', 'QuoteInput', 'QuoteResult'],
  ['price-quote', 'priceQuote', 'PriceQuoteInput', 'PriceQuoteResult'],
  ['report.monthly_v2', 'reportMonthlyV2', 'ReportMonthlyV2Input', 'ReportMonthlyV2Result'],
  ['Quote', 'quote', 'QuoteInput', 'QuoteResult'],
])('the request type %s has the handler %s', (name, handler, input, result) => {
  expect(newRequest(name)).toEqual({ name, handler, input, result })
  for (const { text } of newSchemas(newRequest(name), 'shop'))
    expect(avroType(JSON.parse(text)).name).toMatch(/^shop\./)
})

test('its schemas have an owner and a level from the first', () => {
  const { path, text } = newSettings(newRequest('price-quote'), 'shop')
  expect(path).toBe('schemas/price-quote/subject.json')
  expect(parseSettings(path, JSON.parse(text))).toEqual({
    ...{ compatibility: 'BACKWARD_TRANSITIVE', owner: 'shop', waivers: [] },
  })
})

test.each(['', '9', 'a b', '../a', 'a..b', 'a-', '-a', 'é', 'delete', 'await', 'eval', 'test', 'a/b', "a'"])(
  'a request type "%s" is refused',
  (name) => {
    expect(() => newRequest(name)).toThrow(expect.objectContaining({ code: 'bad-name' }))
  },
)
