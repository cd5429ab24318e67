import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { together } from '../../../api/together.ts'

test('what one turn brings is done at its end, in order, and what comes meanwhile at the end of the next', async () => {
  const done: string[] = []
  const work = together((each: string) => {
    done.push(each)
    if (each === 'a') work('c')
  })
  work('a')
  work('b')
  expect(done).toEqual([])
  await turn()
  expect(done).toEqual(['a', 'b'])
  await turn()
  expect(done).toEqual(['a', 'b', 'c'])
})
