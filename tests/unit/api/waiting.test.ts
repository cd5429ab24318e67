import { describe, expect, test } from 'vitest'
import { answered, eventually, idOf, refused, runningApi, startMs } from './runningApi.ts'

describe('who waits', () => {
  /** With the signals of all waits that the store has been asked for. */
  const waiting = async (overrides: { stopping?: AbortSignal } = {}) => {
    const signals: AbortSignal[] = []
    const api = await runningApi(overrides, (store) => ({
      ...store,
      changed: (id, revision, signal) => {
        signals.push(signal)
        return store.changed(id, revision, signal)
      },
    }))
    const begin = (id: string, init?: RequestInit) => api.fetch(`/v1/requests/${id}?wait=20`, init)
    return { api, signals, begin, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
  }

  test('is answered when the request has finished, not before', async () => {
    await using all = await waiting()
    const id = idOf(all.api)
    const answer = all.begin(id)
    await eventually(() => all.signals).toHaveLength(1)
    await all.api.store.project([{ kind: 'started', id, run: 1, startedAtMs: startMs, attempt: 1 }], [])
    await eventually(() => all.signals).toHaveLength(2)
    await all.api.store.project([answered(id, 'succeeded', '{"flights":3}')], [])
    expect(await (await answer).json()).toMatchObject({ status: 'succeeded', result: { flights: 3 } })
  })

  test('is answered with what there is when the time is over', async () => {
    await using all = await waiting()
    const answer = all.begin(idOf(all.api))
    await eventually(() => all.signals).toHaveLength(1)
    await all.api.clock.advance(20_000)
    expect(await (await answer).json()).toMatchObject({ status: 'queued' })
  })

  test('is answered at once when the process stops (I7)', async () => {
    const stopping = new AbortController()
    await using all = await waiting({ stopping: stopping.signal })
    const answer = all.begin(idOf(all.api))
    await eventually(() => all.signals).toHaveLength(1)
    stopping.abort()
    expect(await (await answer).json()).toMatchObject({ status: 'queued' })
  })

  test('and leaves is not waited for any longer', async () => {
    await using all = await waiting()
    const leave = new AbortController()
    const answer = all.begin(idOf(all.api), { signal: leave.signal })
    await eventually(() => all.signals).toHaveLength(1)
    leave.abort()
    await expect(answer).rejects.toThrow()
    await eventually(() => all.signals[0]?.aborted).toBe(true)
    await eventually(() => all.api.lines).toMatchObject([{ event: 'request.abandoned' }])
  })

  test('is answered at once where the request has finished', async () => {
    await using all = await waiting()
    const id = idOf(all.api)
    await all.api.store.project([answered(id, 'failed', '{"code":"x","message":"y"}')], [])
    expect(await (await all.begin(id)).json()).toMatchObject({ status: 'failed' })
    expect(all.signals).toEqual([])
  })

  test.each(['61', '-1', '1.5', 'x', '', '1&wait=2'])('for "%s" seconds is refused', async (seconds) => {
    await using api = await runningApi()
    await refused(api, await api.fetch(`/v1/requests/${idOf(api)}?wait=${seconds}`), 400, 'malformed-request')
  })
})
