// Schemas that a healthy registry does not know yet, or never will, as the records of a process see them.
import { describe, expect, test } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { awaitedSchemas } from '../../../schemas/registry/awaitedSchemas.ts'
import { failingRegistry } from './failingRegistry.ts'

const minuteMs = 60_000
const work = { type: 'record', name: 'Work', fields: [] } as const
const isAwaited = { code: 'schema-unknown', retriable: true }
const isGivenUp = { code: 'undecodable', retriable: false }

function rig() {
  const { inner, state, clock, log, told, ...failing } = failingRegistry()
  const registry = awaitedSchemas(failing.registry, { clock, log })
  const ask = (id = 1) => registry.schema(id).catch((error: unknown) => error)
  /** Many records that look once a second. */
  const wait = async (seconds: number, id = 1): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await Promise.all(Array.from({ length: 20 }, () => ask(id)))
      await clock.advance(1_000)
    }
  }
  return { inner, state, clock, told, ask, wait }
}

describe('a schema that a healthy registry does not know', () => {
  test('is awaited for ten minutes, then its records are undecodable; both are told once', async () => {
    const { ask, wait, told } = rig()
    await wait(599)
    expect(await ask()).toMatchObject(isAwaited)
    expect(told()).toEqual(['warn schema.awaited'])
    await wait(7)
    expect(await ask()).toMatchObject({
      ...isGivenUp,
      message: expect.stringMatching(/no schema 1, .* since 1970-01-01/),
    })
    await wait(600)
    expect(await ask()).toMatchObject(isGivenUp)
    expect(told()).toEqual(['warn schema.awaited', 'warn schema.givenUp'])
  })

  test('is read within seconds of its registration, while it is awaited and after it was given up', async () => {
    for (const seconds of [30, 700]) {
      const { inner, ask, wait, told } = rig()
      await wait(seconds)
      await inner.register('work-value', work)
      await wait(6)
      expect(await ask()).toEqual(work)
      expect(told().at(-1)).toBe('info schema.found')
    }
  })

  test('is asked for every five seconds at most, however many wait', async () => {
    const { state, wait } = rig()
    await wait(60)
    const before = state.asked
    await wait(60)
    expect(state.asked - before).toBeLessThanOrEqual(12)
  })

  test('has its ten minutes anew when nobody has asked for it as long', async () => {
    const { clock, ask, wait, told } = rig()
    await wait(700)
    await clock.advance(10 * minuteMs)
    expect(await ask()).toMatchObject(isAwaited)
    expect(told()).toEqual(['warn schema.awaited', 'warn schema.givenUp', 'warn schema.awaited'])
  })

  test('has its ten minutes of a registry that answers: an outage counts not, and does not begin them anew', async () => {
    const { state, ask, wait } = rig()
    const down = new ErrandError('registry-unavailable', 'down', { retriable: true })
    await wait(301)
    state.fails = down
    await wait(700)
    expect(await ask()).toBe(down)
    state.fails = undefined
    await wait(290)
    expect(await ask()).toMatchObject(isAwaited)
    await wait(20)
    expect(await ask()).toMatchObject(isGivenUp)
  })

  test('ends also on a registry that fails now and then', async () => {
    const { state, ask, wait } = rig()
    for (let minute = 0; minute < 12; minute += 1) {
      state.fails = new ErrandError('registry-unavailable', 'down', { retriable: true })
      await wait(1)
      await ask()
      state.fails = undefined
      await wait(59)
    }
    expect(await ask()).toMatchObject(isGivenUp)
  })

  test('is one of a thousand at most: one more waits untried, and has its ten minutes when another is given up', async () => {
    const { inner, clock, told, ask } = rig()
    for (let id = 1; id <= 1_000; id += 1) expect(await ask(id)).toMatchObject(isAwaited)
    expect(await ask(1_001)).toMatchObject({ ...isAwaited, message: expect.stringMatching(/1000 others/) })
    expect(told()).toHaveLength(1_000)
    await clock.advance(5 * minuteMs)
    for (let id = 1; id <= 1_000; id += 1) await ask(id)
    await clock.advance(5 * minuteMs)
    expect(await ask(1)).toMatchObject(isGivenUp)
    expect(await ask(1_001)).toMatchObject({ ...isAwaited, message: expect.stringMatching(/asked for since/) })
    expect(await ask(1_002)).toMatchObject({ ...isAwaited, message: expect.stringMatching(/1000 others/) })
    await clock.advance(10 * minuteMs) // nobody asks any more
    expect(await ask(1_002)).toMatchObject({ ...isAwaited, message: expect.stringMatching(/asked for since/) })
    for (let id = 1; id <= 1_002; id += 1) await inner.register(`${id}-value`, { type: 'fixed', name: 'F', size: id })
    await clock.advance(5_000)
    expect(await ask(1_002)).toMatchObject({ size: 1_002 })
  })
})
