// Clients: what is saved is what everybody reads, and of two who change them at once one is told to look again.
import { expect, test } from 'vitest'
import type { ClientEntry } from '../../process/clientEntry.ts'
import type { Bench } from './store.ts'

export const entry = (name: string, overrides: Partial<ClientEntry> = {}): ClientEntry => ({
  name,
  createdAtMs: 1_700_000_000_000,
  current: { keyId: 'errand_00000000', keyHash: 'aGFzaA==', encryptedSecret: 'c2VjcmV0' },
  ...overrides,
})

export function clientsContract({ store, another }: Bench): void {
  test('a store has no clients at first', async () => {
    expect(await store().clients()).toEqual({ revision: 0, entries: [] })
    expect(await store().clientsRevision()).toBe(0)
  })

  test('a client is saved whole and replaced whole, and every process reads it', async () => {
    const full = entry('b', {
      rotatedAtMs: 2,
      revokedAtMs: 3,
      previous: { keyId: 'errand_11111111', keyHash: 'b2xk', encryptedSecret: 'b2xk', validUntilMs: 4 },
    })
    expect(await store().saveClient(entry('b'), 0)).toBe(true)
    expect(await store().saveClient(entry('a'), 1)).toBe(true)
    expect(await store().saveClient(full, 2)).toBe(true)
    const other = await another()
    expect(await other.clients()).toEqual({ revision: 3, entries: [entry('a'), full] })
    expect(await other.clientsRevision()).toBe(3)
  })

  test('what a newer version keeps in a client stays in it (I10)', async () => {
    const newer = { ...entry('a'), scopes: ['operate'] }
    await store().saveClient(newer, 0)
    expect((await (await another()).clients()).entries).toEqual([newer])
  })

  test('of two processes that change clients at once, one has to look again', async () => {
    const stores = [store(), await another()]
    const saved = await Promise.all(stores.map((each, index) => each.saveClient(entry(`c${index}`), 0)))
    expect(saved.toSorted()).toEqual([false, true])
    expect((await store().clients()).entries).toHaveLength(1)
    expect(await store().saveClient(entry('late'), 0)).toBe(false)
  })
}
