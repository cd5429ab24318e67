// Views and positions: what is told in any order is read as one.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Change, RequestView, Store } from '../../store/store.ts'
import type { Bench } from './store.ts'
import { anyChange, asked, modelOf, retold } from './storeModel.ts'

const withoutRevision = (view: RequestView | undefined) => {
  if (!view) return undefined
  const { revision, ...rest } = view
  return rest
}

export function viewsContract({ store, another }: Bench): void {
  let count = 0
  const freshId = () => `req_${++count}`

  test('changes in any order, repeated, from two processes end at the view that the rules give, step by step', async () => {
    const stores: readonly Store[] = [store(), await another()]
    const told = fc.array(anyChange(''), { minLength: 1, maxLength: 12 }).chain(retold)
    await fc.assert(
      fc.asyncProperty(told, async (given) => {
        const id = freshId()
        const changes = given.map((change): Change => ({ ...change, id }))
        let before: RequestView | undefined
        for (const [index, change] of changes.entries()) {
          await stores[index % 2]!.project([change], [])
          const view = await store().request(id)
          expect(withoutRevision(view)).toEqual(modelOf(changes.slice(0, index + 1)))
          expectRevision(before, view!)
          before = view
        }
      }),
      { numRuns: 200 },
    )
  })

  /** Grows with every change of the view, and with nothing else. */
  const expectRevision = (before: RequestView | undefined, { revision, ...view }: RequestView): void => {
    const had = before?.revision ?? 0
    const isSame = JSON.stringify(plain(withoutRevision(before))) === JSON.stringify(plain(view))
    if (isSame) expect(revision).toBe(had)
    else expect(revision).toBeGreaterThan(had)
  }

  test('two workers that tell different things under one number leave one view, whoever came first', async () => {
    const twice = fc
      .array(anyChange('', { contradicting: true }), { minLength: 1, maxLength: 12 })
      .chain((changes) => fc.tuple(fc.constant(changes), retold(changes)))
    await fc.assert(
      fc.asyncProperty(twice, async (orders) => {
        const [one, other] = await Promise.all(
          orders.map(async (changes) => {
            const id = freshId()
            await store().project(
              changes.map((change) => ({ ...change, id })),
              [],
            )
            return { ...withoutRevision(await store().request(id)), id: '' }
          }),
        )
        expect(one).toEqual(other)
      }),
      { numRuns: 200 },
    )
  })

  test('a view is told with every part as it was given, and without those that were not', async () => {
    const id = freshId()
    const progress = { attempt: 2, sequence: 7, fraction: 0.1, message: 'ein "Drittel"\n\u0000' }
    const answer = {
      outcome: 'failed',
      finishedAtMs: 1_700_000_000_500,
      partition: 11,
      offset: 2n ** 62n + 1n,
    } as const
    const delivered = { status: 'delivering', attempt: 1, atMs: 5, statusCode: 503, nextAttemptAtMs: 9 } as const
    expect(await store().request(id)).toBeUndefined()
    await store().project([{ id, run: 1, kind: 'delivered', delivered }], [])
    expect(await store().request(id)).toEqual({ id, run: 1, attempt: 0, delivered, revision: 1 })
    await store().project(
      [
        {
          id,
          run: 1,
          kind: 'answered',
          asked: { type: 't', client: 'c', createdAtMs: 1 },
          answer: { ...answer, json: '{"ü":1}' },
        },
        { id, run: 1, kind: 'progressed', progress },
      ],
      [],
    )
    expect(withoutRevision(await store().request(id))).toEqual({
      id,
      run: 1,
      attempt: 0,
      asked: { type: 't', client: 'c', createdAtMs: 1 },
      progress,
      answer: { ...answer, json: '{"ü":1}' },
      delivered,
    })
  })

  test('a callback that was given up and is redriven is shown as it goes on; one that was delivered stays so', async () => {
    const id = freshId()
    const tell = async (attempt: number, status: 'delivering' | 'failed' | 'delivered') => {
      await store().project([{ id, run: 1, kind: 'delivered', delivered: { status, attempt, atMs: attempt } }], [])
      const view = await store().request(id)
      return [view?.delivered?.attempt, view?.delivered?.status]
    }
    expect(await tell(10, 'failed')).toEqual([10, 'failed'])
    expect(await tell(9, 'delivering')).toEqual([10, 'failed'])
    expect(await tell(11, 'delivering')).toEqual([11, 'delivering'])
    expect(await tell(12, 'delivered')).toEqual([12, 'delivered'])
    expect(await tell(13, 'failed')).toEqual([12, 'delivered'])
  })

  test('positions never move back, and keep offsets beyond 2^53', async () => {
    const place = { topic: 'results', partition: 4 }
    const far = 2n ** 60n + 1n
    await store().project([], [{ ...place, offset: far, passedMs: 50 }])
    await store().project([], [{ ...place, offset: 7n, passedMs: 60 }])
    await (await another()).project([], [{ topic: 'progress', partition: 0, offset: 1n, passedMs: 1 }])
    expect(await store().positions(['results', 'deliveries'])).toEqual([{ ...place, offset: far, passedMs: 60 }])
    expect(await store().positions(['results', 'progress'])).toHaveLength(2)
    expect(await store().positions([])).toEqual([])
  })

  test('changes and positions are written together or not at all', async () => {
    const good: Change = { id: freshId(), run: 1, kind: 'asked', asked }
    const bad: Change = { ...good, run: 1.5 }
    const reached = { topic: 'results', partition: 0, offset: 9n, passedMs: 1 }
    await expect(store().project([good, bad], [reached])).rejects.toThrow()
    await expect(store().project([good], [reached, { ...reached, offset: 2n ** 70n }])).rejects.toThrow()
    expect(await store().request(good.id)).toBeUndefined()
    expect(await store().positions(['results'])).toEqual([])

    await store().project([good], [reached])
    expect(await store().request(good.id)).toMatchObject({ asked })
    expect(await store().positions(['results'])).toEqual([reached])
  })

  test('one store has one identity, whoever opens it', async () => {
    expect(store().identity).toMatch(/^[0-9a-f-]{36}$/)
    expect((await another()).identity).toBe(store().identity)
  })
}

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null, (_, each) => (typeof each === 'bigint' ? String(each) : each)))
