import { expect, test } from 'vitest'
import { type HistoryEvent, judge } from '../../../testing/history.ts'

const accepted = (id: string, key: string | null = null, order = 0): HistoryEvent => ({
  kind: 'accepted',
  id,
  key,
  order,
})
const began = (id: string, owner = 'one'): HistoryEvent => ({ kind: 'began', id, owner })
const ended = (id: string, owner = 'one', how: 'done' | 'again' | 'aborted' = 'done'): HistoryEvent => ({
  kind: 'ended',
  id,
  owner,
  how,
})
const run = (id: string, owner = 'one'): readonly HistoryEvent[] => [began(id, owner), ended(id, owner)]
const told = (id: string, answer: string): HistoryEvent => ({ kind: 'told', id, answer })
const two = [accepted('a', 'k', 1), accepted('b', 'k', 2)]

test('a history in which every record was handled once, in order, has no problem', () => {
  expect(judge([...two, ...run('a'), ...run('b')])).toEqual({
    problems: [],
    accepted: 2,
    repeats: 0,
    repeatsAllowed: 0,
  })
})

test('what was accepted and never done is lost, also if it was tried or told to stop', () => {
  const tried = [began('a'), ended('a', 'one', 'again'), began('b'), ended('b', 'one', 'aborted')]
  expect(judge([accepted('a'), accepted('b'), ...tried]).problems).toEqual([
    'a was accepted, and is lost',
    'b was accepted, and is lost',
  ])
})

test('what nobody has accepted must not be handled', () => {
  expect(judge(run('a')).problems).toEqual(['a was handled, and never accepted'])
})

test('two of one key at once are a problem within one ownership, and none across two', () => {
  expect(judge([...two, began('a'), ...run('b'), ended('a')]).problems).toEqual([
    'b began while a of the same key k ran at one',
  ])
  expect(judge([...two, began('a'), ...run('b', 'two'), ended('a')]).problems).toEqual([])
})

test('one that begins after a later one of its key is a problem within one ownership, and none across two', () => {
  expect(judge([...two, ...run('b'), ...run('a')]).problems).toEqual([
    'a began after b, which came after it under the same key k, at one',
  ])
  expect(judge([...two, ...run('b'), ...run('a', 'two')]).problems).toEqual([])
})

test('one that is tried again holds its key: the next of the key must not come in between', () => {
  const inPlace = [began('a'), ended('a', 'one', 'again'), ...run('a'), ...run('b')]
  expect(judge([...two, ...inPlace]).problems).toEqual([])
  const between = [began('a'), ended('a', 'one', 'again'), ...run('b'), ...run('a')]
  expect(judge([...two, ...between]).problems).toHaveLength(1)
})

test('records without a key run at once and in any order', () => {
  const all = [accepted('a', null, 1), accepted('b', null, 2)]
  expect(judge([...all, began('b'), began('a'), ended('b'), ended('a')]).problems).toEqual([])
})

test('repeats are allowed for what was in flight or not committed when its owner went away, and for nothing else', () => {
  const gone: HistoryEvent = { kind: 'gone', owner: 'one' }
  const committed: HistoryEvent = { kind: 'committed', owner: 'one' }
  const all = [accepted('a'), accepted('b')]
  const again = [...run('a', 'two'), ...run('b', 'two')]
  expect(judge([...all, ...run('a'), ...run('b'), gone, ...again])).toMatchObject({
    problems: [],
    repeats: 2,
    repeatsAllowed: 2,
  })
  expect(judge([...all, ...run('a'), committed, ...run('b'), gone, ...again]).problems).toEqual([
    '2 records were done again, where 1 were in flight or not committed',
  ])
  expect(judge([...all, ...run('a'), committed, began('b'), gone, ...run('b', 'two')])).toMatchObject({
    problems: [],
    repeats: 0,
    repeatsAllowed: 1,
  })
})

test('whoever is told twice must be told the same, and where it is asked for everybody must be told', () => {
  const done = [accepted('a'), accepted('b'), ...run('a'), ...run('b')]
  expect(judge([...done, told('a', 'x'), told('a', 'x')]).problems).toEqual([])
  expect(judge([...done, told('a', 'x'), told('a', 'y')]).problems).toEqual(['a was answered twice: x, and y'])
  expect(judge([...done, told('a', 'x')], { mustBeTold: true }).problems).toEqual(['b is done, and nobody was told'])
})
