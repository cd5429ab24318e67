import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Run, Scheduler, type Step } from '../../../consumers/scheduler.ts'
import { manualClock } from '../../../testing/manualClock.ts'

const done: Step = { kind: 'done' }
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

const runOf =
  (work: () => Promise<Step>): Run =>
  (onEnd) =>
    void work().then(onEnd)

/** Tasks that end when told. */
function bench(concurrency: number) {
  const clock = manualClock()
  const scheduler = new Scheduler({ concurrency, clock })
  const started: string[] = []
  const endings = new Map<string, (step: Step) => void>()
  const task =
    (name: string): Run =>
    (onEnd) => {
      started.push(name)
      endings.set(name, onEnd)
    }
  const end = async (name: string, step: Step = done): Promise<void> => {
    endings.get(name)!(step)
    await turn()
  }
  return { clock, scheduler, started, task, end }
}

describe('the key scheduler', () => {
  test('records of one key run one at a time and in order while other keys go on (I3)', async () => {
    const { scheduler, started, task, end } = bench(10)
    const lane = scheduler.lane()
    for (const [key, name] of [
      ['a', 'a1'],
      ['a', 'a2'],
      ['b', 'b1'],
      ['a', 'a3'],
    ] as const)
      lane.add(key, task(name))
    expect(started).toEqual(['a1', 'b1'])
    await end('a1')
    await end('b1')
    await end('a2')
    expect(started).toEqual(['a1', 'b1', 'a2', 'a3'])
  })

  test('a record that is to be tried again holds its key and frees its slot', async () => {
    const { clock, scheduler, started, task, end } = bench(1)
    const lane = scheduler.lane()
    lane.add('a', task('a1'))
    lane.add('a', task('a2'))
    lane.add('b', task('b1'))
    await end('a1', { kind: 'again', afterMs: 1_000 })
    expect(started).toEqual(['a1', 'b1'])
    await end('b1')
    await clock.advance(999)
    expect(started).toEqual(['a1', 'b1'])
    await clock.advance(1)
    expect(started).toEqual(['a1', 'b1', 'a1'])
    await end('a1')
    expect(started.at(-1)).toBe('a2')
  })

  test('a deep lane does not starve the others', async () => {
    const { scheduler, started, task, end } = bench(1)
    const [deep, shallow] = [scheduler.lane(), scheduler.lane()]
    for (let index = 0; index < 5; index += 1) deep.add(null, task(`deep${index}`))
    shallow.add(null, task('shallow'))
    await end('deep0')
    await end('deep1').catch(() => undefined)
    expect(started.indexOf('shallow')).toBeLessThanOrEqual(2)
  })

  test('a dropped lane starts nothing more, also not when its timers would be due', async () => {
    const { clock, scheduler, started, task, end } = bench(1)
    const lane = scheduler.lane()
    lane.add('a', task('a1'))
    lane.add('b', task('b1'))
    await end('a1', { kind: 'again', afterMs: 10 })
    lane.drop()
    await end('b1')
    await clock.advance(1_000)
    expect(started).toEqual(['a1', 'b1'])
    expect(scheduler.running).toBe(0)
  })

  test('a stopped scheduler finishes what runs and starts nothing', async () => {
    const { scheduler, started, task, end } = bench(1)
    const lane = scheduler.lane()
    lane.add(null, task('one'))
    lane.add(null, task('two'))
    scheduler.stop()
    let idle = false
    const waiting = scheduler.idle().then(() => {
      idle = true
    })
    await turn()
    expect(idle).toBe(false)
    await end('one')
    await waiting
    expect(started).toEqual(['one'])
  })

  test('while it is paused nothing starts and what runs goes on; then all that waits starts', async () => {
    const { scheduler, started, task, end } = bench(2)
    const lane = scheduler.lane()
    for (const name of ['one', 'two', 'three']) lane.add(null, task(name))
    scheduler.paused = true
    await end('one')
    expect([started, scheduler.running]).toEqual([['one', 'two'], 1])
    scheduler.paused = false
    expect(started).toEqual(['one', 'two', 'three'])
    expect(scheduler.done).toBe(1)
  })

  test('however its concurrency changes, never more start than it allows then, and everything runs', async () => {
    const changes = fc.array(fc.record({ limit: fc.integer({ min: 1, max: 6 }), paused: fc.boolean() }), {
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(changes, fc.integer({ min: 0, max: 60 }), async (steps, count) => {
        const scheduler = new Scheduler({ concurrency: 3, clock: manualClock() })
        const lanes = [scheduler.lane(), scheduler.lane()]
        let [running, finished] = [0, 0]
        const run = async (): Promise<Step> => {
          running += 1
          expect(running).toBeLessThanOrEqual(scheduler.concurrency)
          expect(scheduler.paused).toBe(false)
          await turn()
          running -= 1
          finished += 1
          return done
        }
        for (let index = 0; index < count; index += 1) lanes[index % 2]!.add(null, runOf(run))
        for (const { limit, paused } of steps) {
          scheduler.concurrency = limit
          scheduler.paused = paused
          await turn()
        }
        scheduler.paused = false
        for (let step = 0; finished < count && step < 200; step += 1) await turn()
        expect([finished, scheduler.done]).toEqual([count, count])
      }),
      { numRuns: 60 },
    )
  })

  test('whatever comes, keys stay in order, one at a time, within the concurrency, and everything runs', async () => {
    const work = fc.array(
      fc.record({ lane: fc.nat(2), key: fc.option(fc.constantFrom('x', 'y', 'z')), again: fc.boolean() }),
      { maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(work, fc.integer({ min: 1, max: 5 }), async (items, concurrency) => {
        const clock = manualClock()
        const scheduler = new Scheduler({ concurrency, clock })
        const lanes = [scheduler.lane(), scheduler.lane(), scheduler.lane()]
        const finished = new Map<string, number[]>()
        const active = new Set<string>()
        let running = 0
        for (const [index, item] of items.entries()) {
          const name = `${item.lane}/${item.key ?? `#${index}`}`
          let again = item.again
          const run = async (): Promise<Step> => {
            running += 1
            expect(running).toBeLessThanOrEqual(concurrency)
            expect(active.has(name)).toBe(false)
            active.add(name)
            await turn()
            active.delete(name)
            running -= 1
            if (again) {
              again = false
              return { kind: 'again', afterMs: 5 }
            }
            finished.set(name, [...(finished.get(name) ?? []), index])
            return done
          }
          lanes[item.lane]!.add(item.key, runOf(run))
        }
        const all = () => [...finished.values()].flat().length
        for (let step = 0; all() < items.length && step < 500; step += 1) {
          await turn()
          await clock.advance(5)
        }
        expect(all()).toBe(items.length)
        for (const order of finished.values()) expect(order).toEqual([...order].sort((a, b) => a - b))
      }),
      { numRuns: 40 },
    )
  })
})
