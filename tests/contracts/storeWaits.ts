// Waiting for a view: who waits is woken by any process, and leaves nothing behind.
import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import type { Change } from '../../store/store.ts'
import type { Bench } from './store.ts'
import { asked } from './storeModel.ts'

const isAsked = (id: string): Change => ({ id, run: 1, kind: 'asked', asked })
const isStarted = (id: string): Change => ({ id, run: 1, kind: 'started', startedAtMs: 5, attempt: 1 })
const never = (): AbortSignal => new AbortController().signal

export function waitsContract({ store, another }: Bench): void {
  test('who knows an older revision is not kept waiting', async () => {
    await store().project([isAsked('a'), isStarted('a')], [])
    expect(await store().changed('a', 1, never())).toMatchObject({ id: 'a', startedAtMs: 5 })
    expect(await store().changed('b', 3, never())).toBeUndefined()
  })

  test('everyone who waits for a view is woken by its change, from this process and from another', async () => {
    const other = await another()
    for (const writer of [store(), other]) {
      const id = writer === other ? 'theirs' : 'ours'
      const waits = [store(), other, store()].map((waiting) => waiting.changed(id, 0, never()))
      await writer.project([isAsked(id)], [])
      const views = await Promise.all(waits)
      expect(views.map((view) => view?.asked)).toEqual([asked, asked, asked])
    }
  })

  test('a wait goes on through changes of other views and through news already known', async () => {
    await store().project([isAsked('a')], [])
    const { revision } = (await store().request('a'))!
    let isWoken = false
    const wait = store()
      .changed('a', revision, never())
      .finally(() => {
        isWoken = true
      })
    const other = await another()
    const news = store().changed('b', 0, never())
    await other.project([isAsked('a'), isAsked('b')], [])
    expect(await news).toBeDefined()
    expect(isWoken).toBe(false)
    await other.project([isStarted('a')], [])
    expect(await wait).toMatchObject({ startedAtMs: 5 })
  })

  test('a wait that is aborted, before or in between, ends with the view as it is', async () => {
    await store().project([isAsked('a')], [])
    const { revision } = (await store().request('a'))!
    expect(await store().changed('a', revision, AbortSignal.abort())).toMatchObject({ asked })
    const controller = new AbortController()
    const wait = store().changed('a', revision, controller.signal)
    controller.abort()
    expect(await wait).toMatchObject({ asked, revision })
  })

  test('a wait that ends by a change leaves nothing on its signal', async () => {
    const { signal } = new AbortController()
    const wait = store().changed('a', 0, signal)
    await store().project([isAsked('a')], [])
    await wait
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('10,000 waits that abort leave nothing', async () => {
    const controller = new AbortController()
    const waits = Array.from({ length: 10_000 }, (_, index) =>
      store().changed(`id-${index % 500}`, 0, controller.signal),
    )
    await store().request('')
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(10_000)
    controller.abort()
    expect(new Set(await Promise.all(waits))).toEqual(new Set([undefined]))
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })

  test('who waits for a view that is purged is told that it is gone', async () => {
    await store().project([isAsked('a')], [])
    const { revision } = (await store().request('a'))!
    const waits = [store(), await another()].map((waiting) => waiting.changed('a', revision, never()))
    await store().purge(asked.createdAtMs + 1)
    expect(await Promise.all(waits)).toEqual([undefined, undefined])
  })

  test('closing the store, once or twice, ends its waits with the view as it is; after it nothing is answered', async () => {
    await store().project([isAsked('a')], [])
    const { revision } = (await store().request('a'))!
    const wait = store().changed('a', revision, never())
    await store().request('')
    await Promise.all([store().close(), store().close()])
    expect(await wait).toMatchObject({ asked, revision })
    await store().close()
    const closed = { code: 'store-closed' }
    await expect(store().request('a')).rejects.toMatchObject(closed)
    await expect(store().changed('a', revision, never())).rejects.toMatchObject(closed)
    await expect(store().project([isStarted('a')], [])).rejects.toMatchObject(closed)
  })
}
