import { describe, expect, test } from 'vitest'
import { Receivers, shareAfter, type Turn } from '../../../consumers/callbacks/receivers.ts'
import { manualClock } from '../../../testing/manualClock.ts'

const { signal } = new AbortController()

function bench({ atOnce = 512, random = 0.999_999 } = {}) {
  const clock = manualClock()
  const receivers = new Receivers({ atOnce, clock, random: () => random })
  const turns: Turn[] = []
  const enter = async (origin: string, count = 1): Promise<void> => {
    for (let index = 0; index < count; index += 1) void receivers.enter(origin, signal).then((turn) => turns.push(turn))
    await clock.advance(0)
  }
  /** Ends the first so many that are under way. */
  const leave = async (count: number, { answered = true } = {}): Promise<void> => {
    const entered = turns.filter((turn) => turn.kind === 'entered').slice(0, count)
    for (const turn of entered) {
      turns.splice(turns.indexOf(turn), 1)
      turn.leave(answered)
    }
    await clock.advance(0)
  }
  const underWay = (): number => turns.filter(({ kind }) => kind === 'entered').length
  const crowded = (): number[] => turns.flatMap((turn) => (turn.kind === 'crowded' ? [turn.afterMs] : []))
  return { clock, enter, leave, underWay, crowded, receivers }
}

describe('a receiver', () => {
  test('of which nothing is known gets sixteen at once; the others wait a second for it, then are crowded out one behind the other', async () => {
    const { clock, enter, underWay, crowded } = bench()
    await enter('dead', 50)
    expect([underWay(), crowded()]).toEqual([16, []])
    await clock.advance(999)
    expect(crowded()).toEqual([])
    await clock.advance(1)
    expect([underWay(), crowded().length]).toEqual([16, 34])
    expect(Math.min(...crowded())).toBe(2_000)
    expect(Math.max(...crowded())).toBeLessThan(3_000)
    expect([...crowded()]).toEqual(crowded().toSorted((one, other) => one - other))
  })

  test('that hangs crowds out at once whoever would not have its turn within a second', async () => {
    const { clock, enter, leave, underWay, crowded } = bench()
    await enter('dead', 16)
    await clock.advance(15_000)
    await leave(16, { answered: false })
    await enter('dead', 20_000)
    expect(underWay()).toBe(16)
    expect(crowded()).toHaveLength(20_000 - 16 - 1)
    expect(Math.max(...crowded())).toBe(300_000)
    await clock.advance(1_000)
    expect(crowded()).toHaveLength(20_000 - 16)
  })

  test('that answers quickly gets more at once, and whoever waits is let in as soon as one has ended', async () => {
    const { enter, leave, underWay, crowded, clock } = bench()
    await enter('quick', 300)
    await clock.advance(20)
    await leave(1)
    expect(underWay()).toBe(128)
    await leave(100)
    expect([underWay(), crowded()]).toEqual([128, []])
    await leave(128)
    expect([underWay(), crowded()]).toEqual([300 - 1 - 100 - 128, []])
  })

  test('that has become quick again lets all in that come', async () => {
    const { clock, enter, leave, underWay, crowded } = bench()
    await enter('back', 16)
    await clock.advance(15_000)
    await leave(16, { answered: false })
    await enter('back', 500)
    const before = crowded().length
    await clock.advance(1_000)
    await leave(15, { answered: false })
    await enter('back')
    await clock.advance(30)
    await leave(2)
    await enter('back', 100)
    expect(underWay()).toBe(100)
    expect(crowded().length - before).toBe(1) // the one that waited for its turn while it was still down
  })

  test('has a share by how its last attempt ended', () => {
    expect([shareAfter(5, true), shareAfter(5, false), shareAfter(3_000, true), shareAfter(15_000, false)]).toEqual([
      128, 128, 64, 16,
    ])
  })

  test('never takes what is kept for those that are quick, however many are down', async () => {
    const { clock, enter, leave, underWay } = bench({ atOnce: 128 })
    await enter('quick')
    await leave(1)
    for (let index = 0; index < 20; index += 1) await enter(`dead-${index}`, 10)
    expect(underWay()).toBe(64)
    await enter('quick', 60)
    expect(underWay()).toBe(64 + 60)
    await clock.advance(2_000)
  })

  test('whose callback is told to stop while it waits loses nothing by it', async () => {
    const { receivers, enter, leave, underWay } = bench()
    await enter('one', 16)
    const stopping = new AbortController()
    const stopped = receivers.enter('one', stopping.signal)
    stopping.abort(new Error('moved'))
    await expect(stopped).rejects.toThrow('moved')
    await leave(16)
    await enter('one', 16)
    expect(underWay()).toBe(16)
  })
})

test('of receivers that nobody calls any more only so many are remembered', async () => {
  const { enter, leave, underWay } = bench()
  for (let index = 0; index < 3_000; index += 1) {
    await enter(`receiver-${index}`)
    await leave(1)
  }
  expect(underWay()).toBe(0)
})
