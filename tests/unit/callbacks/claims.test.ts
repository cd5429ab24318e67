import { expect, test } from 'vitest'
import { claimedPositions } from '../../../consumers/callbacks/claims.ts'
import type { Positions } from '../../../consumers/positions.ts'
import { silentLog } from '../../../process/log.ts'
import type { Store } from '../../../store/store.ts'
import { append, cluster } from '../consumers/memberBench.ts'

const at = { topic: 'work', partition: 0 }

/** Loads as a store that has claimed so far; the records that were claimed anew, and what was loaded. */
async function loadWith(
  claimedThrough: bigint,
  saved: Awaited<ReturnType<Positions['load']>>,
  made: (offset: bigint) => object = () => ({ kind: 'claimed' }),
) {
  const { log } = await cluster(1)
  await append(log, 'work', 0, ...['0', '1', '2', '3', '4', '5'].map((value) => ['k', value] as const))
  const claimed: bigint[] = []
  const store = {
    claimedThrough: async () => new Map([[0, claimedThrough]]),
    claim: async () => undefined,
    saveClaimedThrough: async () => undefined,
  } as unknown as Store
  const inner: Positions = {
    readsBeyond: true,
    load: async () => saved,
    save: (_, commit) => commit(),
    release: async () => undefined,
  }
  const positions = claimedPositions({
    inner,
    log,
    store,
    results: 'work',
    claimed: async ({ offset }) => {
      claimed.push(offset)
      return made(offset) as never
    },
    logger: silentLog,
  })
  return { loaded: await positions.load([at]), claimed }
}

const beyond = { done: [{ from: 3n, to: 5n }], retried: [] }

test('a store that has lost claims gets those of all that will not come again, also of what is done beyond the position', async () => {
  const saved = new Map([['work/0', { offset: 2n, beyond }]])
  expect(await loadWith(0n, saved)).toEqual({ loaded: saved, claimed: [0n, 1n, 2n, 3n, 4n] })
  expect((await loadWith(2n, saved)).claimed).toEqual([2n, 3n, 4n])
  expect((await loadWith(5n, saved)).claimed).toEqual([])
})

test('a log that has lost its end is not waited for', async () => {
  const lost = { done: [{ from: 3n, to: 50n }], retried: [] }
  const saved = new Map([['work/0', { offset: 2n, beyond: lost }]])
  expect((await loadWith(4n, saved)).claimed).toEqual([4n, 5n])
})

test('a result whose schema nobody knows keeps no group from starting; one for which the registry must answer does', async () => {
  const saved = new Map([['work/0', { offset: 6n }]])
  const later = (code: string) => (offset: bigint) =>
    offset === 2n ? { kind: 'later', cause: { code, message: 'not now' } } : { kind: 'claimed' }
  expect((await loadWith(0n, saved, later('schema-unknown'))).claimed).toEqual([0n, 1n, 2n, 3n, 4n, 5n])
  await expect(loadWith(0n, saved, later('registry-unavailable'))).rejects.toMatchObject({
    code: 'registry-unavailable',
    retriable: true,
  })
})
