// subject.json: what it may say, and that all that is wrong with it is told at once.
import { expect, test } from 'vitest'
import { parseSettings } from '../../../schemas/folder/subjectSettings.ts'

const waiver = { version: 2, type: 'FIELD_DROPPED', at: '/fields/a', reason: 'nobody sends it', until: '2027-02-28' }
const problemsOf = (json: unknown): readonly string[] => {
  try {
    parseSettings('a/subject.json', json)
    return []
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace('a/subject.json: ', ''))
  }
}

test('what it does not say has a default', () => {
  expect(parseSettings('x', {})).toEqual({ compatibility: 'BACKWARD_TRANSITIVE', waivers: [] })
  expect(parseSettings('x', { compatibility: 'FULL', owner: 'shop', waivers: [waiver] })).toEqual({
    compatibility: 'FULL',
    owner: 'shop',
    waivers: [waiver],
  })
})

test('all that is wrong is told, each at its place', () => {
  const wrong = {
    compatibility: 'backward',
    owner: '',
    waivers: [{ ...waiver, version: 0, until: '2027-02-29' }, 7],
    level: 1,
  }
  expect(problemsOf(wrong)).toEqual([
    '/level is not known here; there are compatibility, owner, waivers',
    '/compatibility must be NONE, BACKWARD, FORWARD or FULL, or one of the last three with _TRANSITIVE',
    '/owner must be text',
    '/waivers/0/version must be a version, such as 2',
    '/waivers/0/until must be the last day that it holds, such as 2027-03-31',
    '/waivers/1 must be an object',
  ])
})

test.each([
  [[], '/ must be an object'],
  [{ waivers: {} }, '/waivers must be a list'],
  [{ waivers: [{ ...waiver, reason: ' ' }] }, '/waivers/0/reason must say why'],
  [{ waivers: [{ ...waiver, type: 3 }] }, "/waivers/0/type must be a finding's type, such as FIELD_DROPPED"],
  [{ waivers: [{ ...waiver, at: '' }] }, '/waivers/0/at must be a JSON Pointer, such as /fields/2'],
  [{ waivers: [{ ...waiver, part: 1 }] }, '/waivers/0/part must be text, such as input'],
  [
    { waivers: [{ ...waiver, until: '2027-13-01' }] },
    '/waivers/0/until must be the last day that it holds, such as 2027-03-31',
  ],
  [
    { waivers: [{ ...waiver, id: 1 }] },
    '/waivers/0/id is not known here; there are version, type, part, at, reason, until',
  ],
])('%j is refused', (json, problem) => {
  expect(problemsOf(json)).toEqual([problem])
})
