// What an operator does to a client while the system runs, as the client and its receiver meet it.
import { Webhook } from 'standardwebhooks'
import { expect, onTestFinished, test, vi } from 'vitest'
import { developmentClient } from '../../process/clients.ts'
import { systemClock } from '../../process/clock.ts'
import { addDevelopmentClient, revokeClient, rotateClient } from '../../store/clientChanges.ts'
import { openSqliteStore } from '../../store/sqlite/store.ts'
import { type MemorySystem, memorySystem } from './memorySystem.ts'

type Resource = {
  readonly id: string
  readonly status: string
  readonly callback: { readonly status: string; readonly reason?: string; readonly attempts: number }
}

/** An operator at the store of a running system. */
async function operator({ system }: MemorySystem) {
  const store = await openSqliteStore({ file: system.config.storeFile })
  onTestFinished(() => store.close())
  return { store, keyring: system.keyring, clock: systemClock }
}

const ask = (errand: MemorySystem, url: string, data: object): Promise<Response> =>
  errand.ask(url, { data, callback: { url: `${errand.receiverUrl}/here` } })

const signatures = ({ callbacks }: MemorySystem): readonly string[] =>
  callbacks.map(({ headers }) => headers['webhook-signature'] ?? '')

test('a rotated client asks with either key, and its callbacks verify with either secret', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const { credentials } = await rotateClient(await operator(errand), 'development', 60_000)
  const authorization = `Bearer ${credentials.apiKey}`
  await vi.waitFor(async () =>
    expect((await fetch(`${url}/v1/types`, { headers: { authorization } })).status).toBe(200),
  )
  const { id } = (await (await ask(errand, url, { a: 1, b: 2 })).json()) as Resource
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
  const { headers, body } = errand.callbacks[0]!
  for (const secret of [credentials.callbackSecret, developmentClient(errand.system.keyring).callbackSecret])
    expect(new Webhook(secret).verify(body, { ...headers })).toMatchObject({ data: { id, status: 'succeeded' } })
})

test('a callback that is tried again after a rotation carries both signatures, and the same id and body (I5)', async () => {
  const errand = await memorySystem({ failures: 2 })
  const { url } = await errand.start()
  await ask(errand, url, { a: 1, b: 2 })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
  await rotateClient(await operator(errand), 'development', 60_000)
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(3), 10_000)
  expect(new Set(errand.callbacks.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(new Set(errand.callbacks.map(({ body }) => body.toString())).size).toBe(1)
  expect([signatures(errand)[0], signatures(errand)[2]].map((each) => each?.split(' ').length)).toEqual([1, 2])
})

test('a revoked client is refused; what it asked is worked on, and its callback is disabled', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const [asked] = await Promise.all([ask(errand, url, { a: 1, b: 2, takesMs: 1_500 }), errand.get(url, '/v1/types')])
  const { id } = (await asked.json()) as Resource
  const store = await operator(errand)
  await revokeClient(store, 'development')
  await vi.waitFor(async () => expect((await errand.get(url, `/v1/requests/${id}`)).status).toBe(401), 2_000)
  expect((await ask(errand, url, { a: 1, b: 2 })).status).toBe(401)
  await vi.waitFor(async () => {
    expect(await store.store.request(id)).toMatchObject({
      answer: { outcome: 'succeeded' },
      delivered: { status: 'disabled', reason: 'the client has been revoked' },
    })
  }, 10_000)
  expect(errand.callbacks).toEqual([])

  await addDevelopmentClient(store)
  await vi.waitFor(async () => {
    const answer = await errand.get(url, `/v1/requests/${id}`)
    expect(await answer.json()).toMatchObject({ id, status: 'succeeded', callback: { status: 'disabled' } })
  }, 2_000)
  const again = (await (await ask(errand, url, { a: 1, b: 2 })).json()) as Resource
  await vi.waitFor(() =>
    expect(errand.callbacks.map(({ headers }) => headers['webhook-id'])).toEqual([`${again.id}.1`]),
  )
})
