// Claims, how far `results` has been claimed, and what is forgotten with age.
import { expect, test } from 'vitest'
import type { Change, Claim } from '../../store/store.ts'
import type { Bench } from './store.ts'
import { asked } from './storeModel.ts'

const claim = (id: string, overrides: Partial<Claim> = {}): Claim => ({
  id,
  run: 1,
  partition: 2,
  offset: 2n ** 60n + 1n,
  url: 'https://example.com/hook',
  body: Buffer.from([0, 255, 123, 10]),
  claimedAtMs: 1_700_000_000_000,
  ...overrides,
})

export function claimsContract({ store, another }: Bench): void {
  test('the first claim of a run stands, byte for byte, whoever else claims', async () => {
    const first = claim('a')
    const late = claim('a', { offset: 9n, body: Buffer.from('other'), url: 'https://example.com/other' })
    expect(await store().claimOf('a', 1)).toBeUndefined()
    expect(await store().claim(first)).toEqual(first)
    expect(await (await another()).claim(late)).toEqual(first)
    expect(await store().claimOf('a', 1)).toEqual(first)
    expect(Buffer.isBuffer((await store().claimOf('a', 1))?.body)).toBe(true)
  })

  test('each run has its own claim, and a body may be empty', async () => {
    const second = claim('a', { run: 2, body: Buffer.alloc(0) })
    await store().claim(claim('a'))
    expect(await store().claim(second)).toEqual(second)
  })

  test('of claims made at once by two processes one stands for both', async () => {
    const stores = [store(), await another()]
    const claims = await Promise.all(stores.map((each, index) => each.claim(claim('a', { offset: BigInt(index) }))))
    expect(claims[0]).toEqual(claims[1])
  })

  test('how far results has been claimed never moves back', async () => {
    const topic = 'results'
    await store().saveClaimedThrough([
      { topic, partition: 0, offset: 5n },
      { topic, partition: 1, offset: 2n ** 60n + 1n },
      { topic: 'elsewhere', partition: 1, offset: 1n },
    ])
    await (await another()).saveClaimedThrough([
      { topic, partition: 0, offset: 6n },
      { topic, partition: 1, offset: 3n },
    ])
    const expected = new Map([
      [0, 6n],
      [1, 2n ** 60n + 1n],
    ])
    expect(await store().claimedThrough(topic)).toEqual(expected)
    expect(await store().claimedThrough('nothing')).toEqual(new Map())
  })

  test('a purge forgets the views of requests made before and the claims taken before, and no others', async () => {
    const made = (id: string, createdAtMs: number): Change => ({
      ...{ id, run: 1, kind: 'asked' },
      asked: { ...asked, createdAtMs },
    })
    const old = Array.from({ length: 1_234 }, (_, index) => `old-${index}`)
    await store().project([...old.map((id) => made(id, 100)), made('new', 200)], [])
    await Promise.all(old.map((id) => store().claim(claim(id, { claimedAtMs: 150 }))))
    await store().claim(claim('old-0', { run: 2, claimedAtMs: 250 }))

    expect(await store().purge(200)).toBe(1_234)
    expect(await store().request('old-7')).toBeUndefined()
    expect(await store().request('new')).toBeDefined()
    expect(await store().claimOf('old-1233', 1)).toBeUndefined()
    expect(await store().claimOf('old-0', 2)).toBeDefined()
    expect(await store().purge(200)).toBe(0)
  })

  test('a view that nobody has asked for is as old as what the store knows of it', async () => {
    await store().project([{ id: 'a', run: 1, kind: 'started', startedAtMs: 1, attempt: 1 }], [])
    expect(await store().purge(Date.now() - 60_000)).toBe(0)
    expect(await store().purge(Date.now() + 60_000)).toBe(1)
  })
}
