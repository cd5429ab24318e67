// The desk over letters in memory: what is listed, what is shown, and what is closed without being sent.
import { describe, expect, test } from 'vitest'
import { all, listed, memoryDesk, retried, somebody, states } from './memoryDesk.ts'

describe('a list of letters', () => {
  test('tells what there is, what is open and what they have in common, and shows the newest', async () => {
    const errand = await memoryDesk()
    for (let at = 0; at < 5; at += 1)
      await errand.die({ ...errand.request(), atMs: at * 86_400_000, code: at < 3 ? 'a' : 'b' })
    await errand.die({ group: 'callbacks' })
    const lists = await errand.desk.list(undefined, {}, { limit: 2 })
    expect(lists.map(({ group, total }) => [group, total])).toEqual([
      ['workers.add', 5],
      ['subscribers.logs', 0],
      ['subscribers.sums', 0],
      ['callbacks', 1],
      ['delay', 0],
    ])
    expect(lists[0]).toMatchObject({
      ...{ open: 5, matching: 5, letters: [{ diedAtMs: 4 * 86_400_000 }, { diedAtMs: 3 * 86_400_000 }] },
      histogram: {
        code: [
          { value: 'a', letters: 3 },
          { value: 'b', letters: 2 },
        ],
        type: [{ value: 'add', letters: 5 }],
      },
    })
    expect(lists[0]!.histogram.day).toHaveLength(5)
    const [some] = await errand.desk.list('workers.add', { code: 'b' }, { limit: 10 })
    expect(some).toMatchObject({ total: 5, open: 5, matching: 2 })
  })

  test('counts a letter that was written twice once', async () => {
    const errand = await memoryDesk()
    await errand.die({}, 2)
    await errand.die()
    expect((await errand.desk.list('workers.add', {}, { limit: 9 }))[0]).toMatchObject({ total: 2, matching: 2 })
  })

  test('of a group that the app does not have names those that it has', async () => {
    const errand = await memoryDesk()
    await expect(errand.desk.list('status', {}, { limit: 1 })).rejects.toMatchObject({
      code: 'unknown-group',
      message: expect.stringContaining('workers.add, subscribers.logs'),
    })
  })
})

describe('a letter that is shown', () => {
  test('has its value in its writer’s schema, its headers as text, and what has become of it', async () => {
    const errand = await memoryDesk()
    await errand.die({ ...errand.request(), partition: 2, stack: 'Error: it broke\n    at worker.ts' })
    const letters = await listed(errand, 'workers.add')
    const { id } = letters[0]!
    expect(await errand.desk.show('workers.add', id)).toMatchObject({
      ...{ id, state: 'open', run: 1, redrives: 0, attempts: 1, worker: 'host/1', schemaId: expect.any(Number) },
      reason: { code: 'permanent', message: 'it broke', stack: expect.stringContaining('at worker.ts') },
      value: { kind: 'json', record: 'adder.AddInput', json: { a: 1, b: 2 } },
      headers: expect.arrayContaining([
        { name: 'ce_type', value: 'add' },
        { name: 'errand-seal', value: expect.stringMatching(/^base64:/) },
      ]),
    })
    await all(errand.desk.skip('workers.add', {}, somebody))
    expect(await errand.desk.show('workers.add', id)).toMatchObject({
      state: 'skipped',
      dealt: { kind: 'skipped', by: 'somebody', edited: false },
    })
    expect(await errand.desk.show('workers.add', `${id}9`)).toBeUndefined()
  })

  test('has its bytes where nobody can read them, JSON where it is JSON, and nothing of a tombstone', async () => {
    const errand = await memoryDesk()
    for (const value of [Buffer.from([0, 0, 0, 0, 99, 1]), Buffer.from('{"a":1}'), null])
      await errand.die({ value, group: 'subscribers.logs' })
    const letters = await listed(errand, 'subscribers.logs')
    const shown = await Promise.all(
      letters
        .toSorted((a, b) => Number(a.origin.offset - b.origin.offset))
        .map(async ({ id }) => (await errand.desk.show('subscribers.logs', id))!.value),
    )
    expect(shown).toEqual([
      { kind: 'bytes', why: 'the registry knows no schema 99', base64: 'AAAAAGMB' },
      { kind: 'json', json: { a: 1 } },
      { kind: 'none' },
    ])
  })
})

test('letters that are skipped are closed and never sent', async () => {
  const errand = await memoryDesk()
  await errand.die({ code: 'a' })
  await errand.die({ code: 'b' })
  const events = await all(errand.desk.skip('workers.add', { code: 'a' }, somebody))
  expect(events).toMatchObject([
    { kind: 'skipped', letters: 1 },
    { kind: 'done', skipped: 1 },
  ])
  expect((await states(errand)).map(({ id, kind }) => [id.split('/')[0], kind])).toEqual([
    ['workers.add', 'skipped'],
    ['skip', 'audit'],
  ])
  expect((await all(errand.desk.redrive('workers.add', {}, somebody))).at(-1)).toMatchObject({ redriven: 1 })
  expect(await retried(errand)).toHaveLength(1)
})

test('nothing is looked for when nobody waits for it any more', async () => {
  const errand = await memoryDesk()
  await errand.die()
  const { id } = (await listed(errand, 'workers.add'))[0]!
  const signal = AbortSignal.abort(new Error('gone'))
  await expect(errand.desk.list(undefined, {}, { limit: 9, signal })).rejects.toThrow('gone')
  await expect(errand.desk.show('workers.add', id, { signal })).rejects.toThrow('gone')
  await expect(errand.desk.plan('workers.add', {}, { signal })).rejects.toThrow('gone')
})
