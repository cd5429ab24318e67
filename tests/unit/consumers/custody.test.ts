import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Custody, takenOver as heldBy, isKiller, isSuspicious, newCustody } from '../../../consumers/custody.ts'

/** By another process each time. */
let processes = 0
const takenOver = (custody: Custody): Custody => heldBy(custody, ++processes)

const alone = (offset: bigint, ends = 0) => ({ offset, ends, runs: true })

describe('custody of a partition', () => {
  test('two holders that ended without letting go, and moved nothing, make its records suspects', () => {
    const first = takenOver(newCustody)
    const second = takenOver(first)
    const third = takenOver(second)
    expect([first, second, third].map(isSuspicious)).toEqual([false, false, true])
  })

  test('a holder that let go in order adds nothing, and forgets nothing of those before', () => {
    const suspicious: Custody = { released: false, unclean: 2, alone: { offset: 7n, ends: 1, runs: false } }
    expect(takenOver({ ...suspicious, released: true })).toMatchObject(suspicious)
    expect(takenOver({ released: true, unclean: 0, alone: alone(7n) })).toEqual({
      ...{ released: false, unclean: 0, process: expect.any(Number) },
    })
  })

  test('a process that was taken for dead, and takes over from itself, has ended nothing', () => {
    const own: Custody = { released: false, process: 7, unclean: 2, alone: alone(7n, 1) }
    expect(heldBy(own, 7)).toEqual({ ...own, alone: { offset: 7n, ends: 1, runs: false } })
    expect(isKiller(heldBy(own, 8), 7n)).toBe(true)
  })

  test('a record is given up that was alone at two ends, and only where it was running', () => {
    const once = takenOver({ released: false, unclean: 2, alone: alone(7n) })
    expect(isKiller(once, 7n)).toBe(false)
    expect(isKiller(takenOver(once), 7n)).toBe(false)
    const twice = takenOver({ ...once, alone: alone(7n, once.alone!.ends) })
    expect(isKiller(twice, 7n)).toBe(true)
    expect(isKiller(twice, 8n)).toBe(false)
  })

  test('whatever happens, nothing is given up that was not alone at two ends', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.option(fc.bigInt(1n, 3n)))), (ends) => {
        const lonely = new Map<bigint, number>()
        let custody = newCustody
        for (const [released, offset] of ends) {
          const named = custody.alone?.offset === offset ? custody.alone.ends : 0
          custody = takenOver({ ...custody, released, ...(offset === null ? {} : { alone: alone(offset, named) }) })
          if (offset !== null && !released) lonely.set(offset, (lonely.get(offset) ?? 0) + 1)
        }
        for (const offset of [1n, 2n, 3n])
          if (isKiller(custody, offset)) expect(lonely.get(offset)).toBeGreaterThanOrEqual(2)
      }),
    )
  })
})
