// A registry that goes away and comes back, as the records of a process see it.
import { describe, expect, test } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { watchedRegistry } from '../../../schemas/registry/watchedRegistry.ts'
import { failingRegistry } from './failingRegistry.ts'

async function rig() {
  const { inner, state, clock, log, told, ...failing } = failingRegistry()
  await inner.register('work-value', { type: 'record', name: 'Work', fields: [] })
  const registry = watchedRegistry(failing.registry, { clock, log })
  /** Many records that look once a second. */
  const wait = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await Promise.allSettled(Array.from({ length: 50 }, () => registry.schema(1)))
      await clock.advance(1_000)
    }
  }
  return { state, clock, registry, told, wait }
}

const down = new ErrandError('registry-unavailable', 'down', { retriable: true })

describe('a registry that does not answer', () => {
  test('is told of once, however many records wait and however long, and once when they go on', async () => {
    const { state, registry, told, wait } = await rig()
    await wait(3)
    expect([told(), registry.isAway]).toEqual([[], false])
    state.fails = down
    await wait(120)
    expect([told(), registry.isAway]).toEqual([['warn registry.awaited'], true])
    state.fails = undefined
    await wait(7)
    expect([told(), registry.isAway]).toEqual([['warn registry.awaited', 'info registry.answered'], false])
    await expect(registry.schema(1)).resolves.toMatchObject({ name: 'Work' })
  })

  test('is asked ever more seldom, every five seconds at last', async () => {
    const { state, wait } = await rig()
    state.fails = down
    await wait(60)
    const before = state.asked
    await wait(60)
    expect(state.asked - before).toBe(12)
  })

  test('is not spoken ill of when nobody waits for it any more: what waited has moved to another process', async () => {
    const { state, clock, registry, told, wait } = await rig()
    state.fails = down
    await wait(5)
    expect(registry.isAway).toBe(true)
    await clock.advance(15_000)
    expect(registry.isAway).toBe(false)
    await wait(5)
    expect(told()).toEqual(['warn registry.awaited', 'warn registry.awaited'])
  })

  test('is not away where its answer is a no', async () => {
    const { state, registry, told } = await rig()
    state.fails = new ErrandError('undecodable', 'not Avro')
    await expect(registry.schema(1)).rejects.toMatchObject({ code: 'undecodable' })
    expect(await registry.schema(2).catch(() => 'rejected')).toBe('rejected')
    expect([told(), registry.isAway]).toEqual([[], false])
  })
})
