import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Circuit, closed, ended, type Finding, mayStartMs, started } from '../../../consumers/circuit.ts'
import { Scheduler, type Step } from '../../../consumers/scheduler.ts'
import { manualClock } from '../../../testing/manualClock.ts'

const up: Finding = { kind: 'up' }
const down = (forMs: number): Finding => ({ kind: 'down', forMs, why: 'the bank is closed' })

describe('the circuit', () => {
  const end = (circuit: Circuit, isTrial: boolean, found: Finding | undefined, nowMs: number): Circuit =>
    ended(circuit, { ...(isTrial && circuit.kind === 'open' ? { trial: circuit.untilMs } : {}), found, nowMs })
  const mayStart = (circuit: Circuit, nowMs: number): boolean => nowMs >= mayStartMs(circuit)

  test('a dependency that is down keeps all from starting, then lets one be tried, then all', () => {
    const open = end(closed, false, down(1_000), 500)
    expect([mayStart(open, 500), mayStart(open, 1_499), mayStart(open, 1_500)]).toEqual([false, false, true])
    const trying = started(open, 1_500)
    expect(mayStart(trying, 1_501)).toBe(false)
    expect(end(trying, true, up, 1_600)).toEqual(closed)
    expect(mayStart(end(trying, true, down(1_000), 1_600), 2_599)).toBe(false)
  })

  test('what has run since before does not close it, and may make it stay longer', () => {
    const open = end(closed, false, down(1_000), 0)
    expect(end(open, false, up, 10)).toEqual(open)
    expect(end(open, false, down(1_000), 10)).toMatchObject({ untilMs: 1_010 })
    expect(end(open, false, down(100), 10)).toMatchObject({ untilMs: 1_000 })
  })

  test('a trial that was told to stop says nothing: the next one is tried', () => {
    const trying = started(end(closed, false, down(1_000), 0), 1_000)
    expect(mayStart(end(trying, true, undefined, 1_100), 1_100)).toBe(true)
    expect(end(trying, true, undefined, 1_100)).toMatchObject({ kind: 'open' })
  })
})

/** A scheduler with a lane, whose tasks end when told. */
function bench(concurrency: number) {
  const clock = manualClock()
  const told: string[] = []
  const scheduler = new Scheduler({ concurrency, clock, onHeld: ({ kind }) => void told.push(kind) })
  const lane = scheduler.lane()
  const running: { readonly name: string; readonly end: (step: Step) => void }[] = []
  const add = (name: string): void => lane.add(null, (end) => void running.push({ name, end }))
  const end = (step: Step): void => running.shift()!.end(step)
  return { clock, told, scheduler, lane, running, add, end }
}
const done: Step = { kind: 'done', found: up }
const unavailable: Step = { kind: 'again', afterMs: 1_000, found: down(1_000) }

describe('a group whose dependency is down', () => {
  test('starts nothing more until the time is over, then one alone, and all when that has ended', async () => {
    const { clock, told, scheduler, running, add, end } = bench(2)
    for (const name of ['a', 'b', 'c', 'd', 'e']) add(name)
    end(unavailable)
    end(done) // it ran already
    expect({ running: running.length, heldUntilMs: scheduler.heldUntilMs }).toEqual({ running: 0, heldUntilMs: 1_000 })
    await clock.advance(999)
    expect(running).toEqual([])
    await clock.advance(1)
    expect(running.map(({ name }) => name)).toEqual(['c'])
    end(unavailable)
    await clock.advance(1_000)
    expect(running).toHaveLength(1)
    end(done)
    expect({ running: running.length, heldUntilMs: scheduler.heldUntilMs }).toEqual({
      running: 2,
      heldUntilMs: undefined,
    })
    expect(told).toEqual(['open', 'closed'])
  })

  test('stays paused where an operator says so, and held where an operator does not', async () => {
    const { clock, scheduler, running, add, end } = bench(2)
    for (const name of ['a', 'b', 'c']) add(name)
    scheduler.paused = true
    end(unavailable)
    end(unavailable)
    await clock.advance(1_000)
    expect(running).toEqual([])
    scheduler.paused = false
    expect(running).toHaveLength(1)
    scheduler.paused = true
    scheduler.concurrency = 10
    scheduler.paused = false
    expect(running).toHaveLength(1)
    end(done)
    expect(running).toHaveLength(2)
  })

  test('is not held by a trial that runs for long: every five seconds the next is tried beside it, until one has ended', async () => {
    const { clock, scheduler, running, add, end } = bench(10)
    for (const name of ['a', 'long', 'c', 'd', 'e', 'f']) {
      add(name)
      if (name === 'a') end(unavailable)
    }
    await clock.advance(1_000)
    expect(running.map(({ name }) => name)).toEqual(['long'])
    await clock.advance(4_999)
    expect(running).toHaveLength(1)
    await clock.advance(1)
    expect(running.map(({ name }) => name)).toEqual(['long', 'c'])
    running.pop()!.end(unavailable)
    expect([running.length, scheduler.heldUntilMs]).toEqual([1, 7_000])
    await clock.advance(1_000)
    expect(running.map(({ name }) => name)).toEqual(['long', 'd'])
    running.pop()!.end(done)
    expect(running.length).toBeGreaterThan(3)
    expect(scheduler.heldUntilMs).toBeUndefined()
  })

  test('is not released by a trial of an outage before: what it found was then', async () => {
    const { clock, told, scheduler, running, add, end } = bench(2)
    add('a')
    end(unavailable)
    for (const name of ['long', 'c', 'd', 'e']) add(name)
    await clock.advance(6_000)
    running.splice(1, 1)[0]!.end(done) // c, beside the long one
    running.splice(1, 1)[0]!.end(unavailable)
    expect(scheduler.heldUntilMs).toBe(7_000)
    end(done)
    expect([scheduler.heldUntilMs, running.length]).toEqual([7_000, 0])
    await clock.advance(1_000)
    expect(running).toHaveLength(1)
    end(done)
    expect(told).toEqual(['open', 'closed', 'open', 'closed'])
  })

  test('a trial whose partition is lost does not hold the group for ever', async () => {
    const { clock, scheduler, lane, running, add, end } = bench(1)
    add('a')
    end(unavailable)
    await clock.advance(1_000)
    lane.drop()
    scheduler.lane().add(null, (finish) => void running.push({ name: 'b', end: finish }))
    end({ kind: 'again', afterMs: 0 }) // it was aborted
    expect(running.map(({ name }) => name)).toEqual(['b'])
  })

  test('whatever comes, while it is held at most one more runs than ran before, and at last everything is done', async () => {
    const step = fc.oneof(
      fc.constant<'up' | 'down' | 'nothing'>('down'),
      fc.constantFrom<'up' | 'down' | 'nothing'>('up', 'up', 'down', 'nothing'),
    )
    const plan = fc.record({
      tasks: fc.integer({ min: 1, max: 30 }),
      concurrency: fc.integer({ min: 1, max: 6 }),
      steps: fc.array(step, { maxLength: 60 }),
      forMs: fc.array(fc.integer({ min: 100, max: 5_000 }), { minLength: 1, maxLength: 10 }),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ tasks, concurrency, steps, forMs }) => {
        const { clock, scheduler, running, add, end } = bench(concurrency)
        for (let task = 0; task < tasks; task += 1) add(String(task))
        let stragglers = 0
        for (let turn = 0; scheduler.done < tasks; turn += 1) {
          if (turn > 10_000) throw new Error('it does not come to an end')
          if (running.length === 0) {
            await clock.advanceToNext()
            continue
          }
          const heldBefore = scheduler.heldUntilMs !== undefined
          const said = steps[turn] ?? 'up'
          const ms = forMs[turn % forMs.length]!
          end(
            said === 'down'
              ? { kind: 'again', afterMs: ms, found: down(ms) }
              : said === 'up'
                ? done
                : { kind: 'again', afterMs: 5 },
          )
          const isHeld = scheduler.heldUntilMs !== undefined
          if (isHeld && !heldBefore) stragglers = running.length
          if (isHeld) expect(running.length).toBeLessThanOrEqual(stragglers + 1)
          expect(running.length).toBeLessThanOrEqual(concurrency)
        }
        expect(running).toEqual([])
      }),
    )
  })
})
