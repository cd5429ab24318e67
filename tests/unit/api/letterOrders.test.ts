// What is no order for dead letters over HTTP, and that each fault of it is told.
import { expect, test } from 'vitest'
import { desk, own } from './notingLetterDesk.ts'
import { refused, runningApi } from './runningApi.ts'

test.each([
  ['not json', 400, 'malformed-json', []],
  ['[]', 422, 'invalid-request', ['']],
  ['{}', 422, 'invalid-request', ['/filter']],
  ['{"filter":{}}', 422, 'invalid-request', ['/filter']],
  ['{"filter":[],"all":true}', 422, 'invalid-request', ['/filter']],
  ['{"filter":{"code":"c"},"all":true}', 422, 'invalid-request', ['/all']],
  ['{"all":"yes"}', 422, 'invalid-request', ['/all', '/filter']],
  ['{"filter":{"code":""}}', 422, 'invalid-request', ['/filter/code']],
  ['{"filter":{"__proto__":"c","codes":"c"}}', 422, 'invalid-request', ['/filter/__proto__', '/filter/codes']],
  ['{"filter":{"since":"yesterday","until":5}}', 422, 'invalid-request', ['/filter/since', '/filter/until']],
  ['{"all":true,"first":0,"perSecond":1.5}', 422, 'invalid-request', ['/first', '/perSecond']],
  ['{"filter":{"id":"a"},"edited":{"id":"b"}}', 422, 'invalid-request', ['/filter/id', '/edited/value']],
  ['{"all":true,"edited":7,"a/b":1}', 422, 'invalid-request', ['/a~1b', '/edited']],
])('a redrive of %s is refused, with every fault', async (body, status, code, pointers) => {
  const { told, letterDesk } = desk()
  await using api = await runningApi({ letterDesk })
  const problem = await refused(api, await api.post(`${own}/redrive`, undefined, { body }), status, code)
  expect((problem.errors ?? []).map(({ pointer }) => pointer)).toEqual(pointers)
  expect(told).toEqual([])
})

test('a query that is not as it should be is refused, with every fault', async () => {
  const { told, letterDesk } = desk()
  await using api = await runningApi({ letterDesk })
  const answer = await api.fetch(`${own}?since=2030-01-01T10:00&limit=5000&state=lost&code=a&code=b&what=1`)
  const { errors } = await refused(api, answer, 400, 'malformed-request')
  expect(errors.map((error) => (error as unknown as { parameter: string }).parameter).toSorted()).toEqual([
    ...['code', 'limit', 'since', 'state', 'what'],
  ])
  expect(told).toEqual([])
})
