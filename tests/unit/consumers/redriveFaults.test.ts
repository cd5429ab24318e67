// A redrive that is disturbed: each letter goes once all the same.
import { describe, expect, test } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { scanLetters } from '../../../consumers/letters/letterScan.ts'
import type { Log } from '../../../kafka/log.ts'
import { FailedAppend, fenced, recordTooLarge } from '../../../kafka/logErrors.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { all, type MemoryDesk, memoryDesk, retried, somebody, states } from './memoryDesk.ts'

/** So many letters, with keys that count. */
const dying = (errand: MemoryDesk, count: number) =>
  Promise.all(Array.from({ length: count }, (_, at) => errand.die({ key: `k${at}` })))

describe('a redrive that is disturbed', () => {
  /** Transactions of this log fail as told, by their number from 1 on. */
  const failing = (log: Log, fail: (number: number, commit: () => Promise<void>) => Promise<void>): Log => {
    let number = 0
    return {
      ...log,
      transaction: async (id) => {
        const writer = await log.transaction(id)
        return {
          ...writer,
          commit: (group, appends, positions) => fail(++number, () => writer.commit(group, appends, positions)),
        }
      },
    }
  }
  const broken = (): ErrandError => new ErrandError('transaction-failed', 'no answer', { retriable: true })

  test.each([true, false])(
    'by a transaction without an answer, which counted: %s, sends no letter twice and leaves out none',
    async (counted) => {
      const errand = await memoryDesk()
      await dying(errand, 4_100)
      const log = failing(errand.platform.log, async (number, commit) => {
        if (number !== 2) return commit()
        if (counted) await commit()
        throw broken()
      })
      const events = await all(errand.deskOn({ log }).redrive('workers.add', {}, somebody))
      expect(events.at(-1)).toMatchObject({ kind: 'done', redriven: 4_100 })
      expect(events.reduce((sum, event) => sum + (event.kind === 'redriven' ? event.letters : 0), 0)).toBe(4_100)
      expect((await retried(errand)).map(({ key }) => String(key))).toEqual(
        Array.from({ length: 4_100 }, (_, at) => `k${at}`),
      )
      expect((await states(errand)).findLast(({ kind }) => kind === 'audit')).toMatchObject({ letters: 4_100 })
    },
  )

  test('by a cluster that takes nothing ends with its error, and leaves the letters open', async () => {
    const clock = manualClock()
    const errand = await memoryDesk(clock)
    await errand.die()
    const log = failing(errand.platform.log, async () => {
      throw broken()
    })
    const redriving = all(errand.deskOn({ log }).redrive('workers.add', {}, somebody))
    const ended = expect(redriving).rejects.toMatchObject({ code: 'transaction-failed' })
    let isOver = false
    void ended.finally(() => {
      isOver = true
    })
    while (!isOver) await clock.advance(5_000)
    await ended
    expect((await errand.desk.list('workers.add', {}, { limit: 1 }))[0]).toMatchObject({ open: 1 })
  })

  test('by another one of the same group says so and stops; each letter goes once', async () => {
    const errand = await memoryDesk()
    await dying(errand, 4_100)
    const first = errand.desk.redrive('workers.add', {}, somebody)[Symbol.asyncIterator]()
    expect((await first.next()).value).toEqual({ kind: 'redriven', letters: 2_000 })
    const second = await all(errand.desk.redrive('workers.add', {}, { ...somebody, by: 'another' }))
    expect(second.at(-1)).toMatchObject({ kind: 'done', redriven: 2_100 })
    expect((await first.next()).value).toMatchObject({
      ...{ kind: 'stopped', because: 'takenOver', redriven: 2_000 },
      why: expect.stringContaining('somebody else has begun'),
    })
    expect((await retried(errand)).map(({ key }) => String(key))).toEqual(
      Array.from({ length: 4_100 }, (_, at) => `k${at}`),
    )
  })

  test('by a broker that fences it, and by nobody else, goes on; each letter goes once', async () => {
    const clock = manualClock()
    const errand = await memoryDesk(clock)
    await dying(errand, 2_100)
    const log = failing(errand.platform.log, async (number, commit) => {
      if (number === 2) throw fenced('redrive')
      await commit()
    })
    const redriving = all(errand.deskOn({ log }).redrive('workers.add', {}, somebody))
    let isOver = false
    void redriving.finally(() => {
      isOver = true
    })
    while (!isOver) await clock.advance(1_000)
    expect((await redriving).at(-1)).toMatchObject({ kind: 'done', redriven: 2_100 })
    expect(await retried(errand)).toHaveLength(2_100)
  })

  test('by a lost connection while another one has begun takes nothing back from that', async () => {
    const errand = await memoryDesk()
    await dying(errand, 4_100)
    const log = failing(errand.platform.log, async (number, commit) => {
      if (number > 1) throw broken()
      await commit()
    })
    const first = errand.deskOn({ log }).redrive('workers.add', {}, somebody)[Symbol.asyncIterator]()
    await first.next()
    const second = errand.desk.redrive('workers.add', {}, { ...somebody, by: 'another' })[Symbol.asyncIterator]()
    await second.next()
    expect((await first.next()).value).toMatchObject({ kind: 'stopped', because: 'takenOver', redriven: 2_000 })
    expect((await all({ [Symbol.asyncIterator]: () => second })).at(-1)).toMatchObject({
      kind: 'done',
      redriven: 2_100,
    })
    expect(await retried(errand)).toHaveLength(4_100)
  })

  test('by who began it stops between two transactions, and goes on when it is begun again', async () => {
    const errand = await memoryDesk()
    await dying(errand, 2_100)
    const abort = new AbortController()
    const kinds: string[] = []
    for await (const event of errand.desk.redrive('workers.add', {}, { by: 'me', signal: abort.signal })) {
      kinds.push(event.kind)
      if (event.kind === 'redriven') abort.abort(new Error('enough'))
    }
    expect(kinds).toEqual(['redriven', 'stopped'])
    expect(await retried(errand)).toHaveLength(2_000)
    expect((await all(errand.desk.redrive('workers.add', {}, somebody))).at(-1)).toMatchObject({ redriven: 100 })
  })

  test('by a letter that its retry topic never takes sends all before it and says which one it is', async () => {
    const errand = await memoryDesk()
    for (let at = 0; at < 300; at += 1) await errand.die({ key: `k${at}`, partition: at % 4 })
    const log: Log = {
      ...errand.platform.log,
      transaction: async (id) => {
        const writer = await errand.platform.log.transaction(id)
        const commit: typeof writer.commit = async (group, appends, positions) => {
          const to = appends.find(({ records }) => records.some(({ key }) => String(key) === 'k150'))
          if (to) throw new FailedAppend(to, recordTooLarge(to))
          await writer.commit(group, appends, positions)
        }
        return { ...writer, commit }
      },
    }
    const desk = errand.deskOn({ log })
    const { id } = (await desk.list('workers.add', { key: 'k150' }, { limit: 1 }))[0]!.letters[0]!
    await expect(all(desk.redrive('workers.add', {}, somebody))).rejects.toMatchObject({
      ...{ code: 'record-too-large', message: expect.stringContaining(id) },
    })
    const sent = (await retried(errand)).length
    const before = (await all(scanLetters(errand.platform, errand.group('workers.add')))).findIndex(
      ({ letter }) => letter.id === id,
    )
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBe((await desk.list('workers.add', {}, { limit: 1, state: 'redriven' }))[0]!.matching)
    expect((await all(desk.skip('workers.add', { id }, somebody))).at(-1)).toMatchObject({ skipped: 1 })
    expect((await all(desk.redrive('workers.add', {}, somebody))).at(-1)).toMatchObject({ redriven: 299 - sent })
    expect(sent).toBe(before)
  })
})
