// A redrive of letters in memory: what it sends, where, and as what.
import { describe, expect, test } from 'vitest'
import { readHeaders } from '../../../kafka/headers.ts'
import { readJourney } from '../../../kafka/journey.ts'
import { unseal } from '../../../process/seal.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { all, listed, memoryDesk, retried, somebody, states } from './memoryDesk.ts'

const ends = (events: readonly { kind: string }[]): string | undefined => events.at(-1)?.kind

describe('a redrive', () => {
  test('sends each letter once, in order, at its own partition number, to the retry topic of its group alone', async () => {
    const errand = await memoryDesk()
    for (let at = 0; at < 300; at += 1) await errand.die({ key: `k${at}`, partition: at % 4 }, (at % 3) + 1)
    const plan = await errand.desk.plan('workers.add', {})
    expect(plan).toMatchObject({ letters: 300, parked: 0, pastDeadline: 0 })
    expect(plan.destinations.map(({ partition, letters }) => [partition, letters])).toEqual([
      [0, 75],
      [1, 75],
      [2, 75],
      [3, 75],
    ])
    expect(await retried(errand)).toEqual([])
    const events = await all(errand.desk.redrive('workers.add', {}, somebody))
    expect(events.at(-1)).toMatchObject({ kind: 'done', redriven: 300, parked: 0 })
    const copies = await retried(errand)
    for (const partition of [0, 1, 2, 3])
      expect(copies.filter((copy) => copy.partition === partition).map(({ key }) => String(key))).toEqual(
        Array.from({ length: 75 }, (_, at) => `k${at * 4 + partition}`),
      )
    expect(await errand.records(errand.platform.catalogue.requests('add'))).toEqual([])
    expect(ends(await all(errand.desk.redrive('workers.add', {}, somebody)))).toBe('done')
    expect(await retried(errand)).toHaveLength(300)
  })

  test('leaves who, when, which and how many', async () => {
    const errand = await memoryDesk()
    await errand.die({ code: 'a' })
    await errand.die({ code: 'b' })
    const events = await all(errand.desk.redrive('workers.add', { code: 'a' }, somebody))
    const { action } = events.at(-1) as { action: string }
    expect(await states(errand)).toMatchObject([
      { kind: 'redriven', by: 'somebody', action },
      { id: `redrive/${action}`, kind: 'audit', by: 'somebody', filter: '{"code":"a"}', letters: 1 },
    ])
    expect((await errand.desk.list('workers.add', {}, { limit: 9 }))[0]).toMatchObject({ total: 2, open: 1 })
  })

  test('makes a request a new run, sealed anew, and begins its attempts anew', async () => {
    const errand = await memoryDesk()
    const { keyring } = errand.platform
    await errand.die({ ...errand.request({ callbackUrl: 'https://x/y' }), journey: { attempts: 5, attemptsBefore: 2 } })
    await all(errand.desk.redrive('workers.add', {}, somebody))
    const [copy] = await retried(errand)
    const { id, run, seal } = readHeaders(copy!)
    expect(run).toBe(2)
    const sealed = { kind: 'request', id, type: 'add', value: copy!.value! } as const
    expect(unseal(keyring, { ...sealed, run: 2 }, seal)).toEqual({ client: 'c', callbackUrl: 'https://x/y' })
    expect(unseal(keyring, { ...sealed, run: 1 }, seal)).toBeUndefined()
    expect(readJourney(copy!)).toMatchObject({ attempts: 0, redrives: 1, attemptsBefore: 7 })
    expect([...copy!.headers.keys()].filter((name) => name.startsWith('errand-dead-'))).toEqual([])
  })

  test('of a request that nobody asked for under seal leaves it without one', async () => {
    const errand = await memoryDesk()
    const { headers, ...request } = errand.request()
    await errand.die({ ...request, headers: new Map([...headers, ['errand-seal', [Buffer.alloc(60)]]]) })
    await all(errand.desk.redrive('workers.add', {}, somebody))
    const [copy] = await retried(errand)
    expect(readHeaders(copy!)).toMatchObject({ run: 2 })
    expect(copy!.headers.has('errand-seal')).toBe(false)
  })

  test('keeps a callback the run that it is, and what waits in delay where it was to go', async () => {
    const errand = await memoryDesk()
    const waiting = new Map(['due', 'to'].map((name) => [`errand-${name}`, [Buffer.from('as it was')]]))
    await errand.die({ ...errand.request(), group: 'callbacks', partition: 3, journey: { attempts: 10 } })
    await errand.die({ ...errand.request(), group: 'delay', headers: waiting, journey: { attempts: 3 } })
    for (const group of ['callbacks', 'delay']) await all(errand.desk.redrive(group, {}, somebody))
    const [[callback], [delayed]] = [await retried(errand, 'callbacks'), await retried(errand, 'delay')]
    expect([callback!.partition, readHeaders(callback!).run]).toEqual([3, 1])
    expect(callback!.headers.has('errand-seal')).toBe(true)
    expect(readJourney(callback!)).toMatchObject({ attempts: 0, redrives: 1, attemptsBefore: 10 })
    expect(['due', 'to'].map((name) => String(delayed!.headers.get(`errand-${name}`)))).toEqual([
      'as it was',
      'as it was',
    ])
    expect(readJourney(delayed!)).toMatchObject({ attempts: 3, redrives: 1, attemptsBefore: 0 })
  })

  test('tells what is past its deadline before it sends it', async () => {
    const errand = await memoryDesk()
    await errand.die(errand.request({ deadlineMs: Date.now() - 1 }))
    await errand.die(errand.request({ deadlineMs: Date.now() + 60_000 }))
    const { pastDeadline, first } = await errand.desk.plan('workers.add', {})
    expect([pastDeadline, ...first.map((each) => [each.run, each.pastDeadline])]).toEqual([1, [2, true], [2, false]])
  })

  test('parks what has been redriven too often, until somebody names it', async () => {
    const errand = await memoryDesk()
    await errand.die({ journey: { redrives: 5 } })
    await errand.die({ journey: { redrives: 4 } })
    expect((await all(errand.desk.redrive('workers.add', {}, somebody))).at(-1)).toMatchObject({
      redriven: 1,
      parked: 1,
    })
    const letters = await listed(errand, 'workers.add', 'parked')
    expect(letters).toHaveLength(1)
    expect((await all(errand.desk.redrive('workers.add', {}, somebody))).at(-1)).toMatchObject({
      redriven: 0,
      parked: 0,
    })
    const { id } = letters[0]!
    expect((await all(errand.desk.redrive('workers.add', { id }, somebody))).at(-1)).toMatchObject({ redriven: 1 })
    expect(await retried(errand)).toHaveLength(2)
  })

  test('parks nothing before its trial has gone well', async () => {
    const clock = manualClock(1_000)
    const errand = await memoryDesk(clock)
    await errand.die({ journey: { redrives: 5 } })
    await errand.die()
    const redriving = all(errand.desk.redrive('workers.add', {}, { ...somebody, first: 1 }))
    for (let step = 0; step < 300; step += 1) await clock.advance(250)
    expect((await redriving).at(-1)).toMatchObject({ kind: 'stopped', because: 'trial', redriven: 1, parked: 0 })
    expect(await listed(errand, 'workers.add')).toMatchObject([{ redrives: 5 }])
  })

  test('sends an edited value in place of the letter’s, and refuses one that its schema refuses', async () => {
    const errand = await memoryDesk()
    await errand.die(errand.request())
    const letters = await listed(errand, 'workers.add')
    const { id } = letters[0]!
    const edit = (json: unknown) =>
      all(errand.desk.redrive('workers.add', { id }, { ...somebody, edited: new Map([[id, json]]) }))
    await expect(edit({ a: 'one', c: 1 })).rejects.toMatchObject({
      code: 'invalid-edit',
      message: expect.stringMatching(/\/a must be .*\/b is missing.*\/c is not a field/),
    })
    expect(ends(await edit({ a: 40, b: 2 }))).toBe('done')
    const [copy] = await retried(errand)
    expect(await errand.platform.codec.decode(copy!.value, errand.platform.app.requests.add!.input)).toMatchObject({
      a: 40,
    })
    const { id: about, seal } = readHeaders(copy!)
    const sealed = { kind: 'request', id: about, run: 2, type: 'add', value: copy!.value! } as const
    expect(unseal(errand.platform.keyring, sealed, seal)).toEqual({ client: 'c' })
    expect((await states(errand)).map(({ edited }) => edited)).toEqual([true, true])
    for (const group of ['callbacks', 'delay'])
      await expect(
        all(errand.desk.redrive(group, {}, { ...somebody, edited: new Map([[id, {}]]) })),
      ).rejects.toMatchObject({ code: 'not-editable' })
  })

  test('goes no faster than it was told', async () => {
    const clock = manualClock(1_000)
    const errand = await memoryDesk(clock)
    for (let at = 0; at < 35; at += 1) await errand.die()
    const times: number[] = []
    const redriving = (async () => {
      for await (const { kind } of errand.desk.redrive('workers.add', {}, { ...somebody, perSecond: 10 }))
        if (kind === 'redriven') times.push(clock.now())
    })()
    for (let step = 0; step < 50; step += 1) await clock.advance(100)
    await redriving
    expect(times).toHaveLength(4)
    for (const [batches, atMs] of times.entries()) expect(atMs).toBeGreaterThanOrEqual(1_000 + batches * 1_000)
    expect(await retried(errand)).toHaveLength(35)
  })

  test('of a trial that takes its time sees copies that are done with and deleted before the last is sent', async () => {
    const clock = manualClock(1_000)
    const errand = await memoryDesk(clock)
    const { log } = errand.platform
    for (let at = 0; at < 3; at += 1) await errand.die({ group: 'subscribers.logs' })
    const { id, failures } = errand.group('subscribers.logs')
    const verdicts: string[] = []
    const redriving = (async () => {
      const how = { ...somebody, first: 3, perSecond: 1 }
      for await (const event of errand.desk.redrive('subscribers.logs', {}, how)) {
        if (event.kind === 'verdict') verdicts.push(event.verdict)
      }
    })()
    const purge = async () => {
      const offset = BigInt((await errand.records(failures.retry)).at(-1)?.offset ?? -1n) + 1n
      if (offset === 0n) return
      const done = { topic: failures.retry, partition: 0, offset }
      await (await log.transaction('purge')).commit(id, [], [{ ...done, metadata: '' }])
      await log.admin.deleteBefore([done])
    }
    for (let step = 0; step < 50; step += 1) {
      await clock.advance(100)
      await purge()
    }
    await redriving
    expect(verdicts).toEqual(['handled', 'handled', 'handled'])
  })
})
