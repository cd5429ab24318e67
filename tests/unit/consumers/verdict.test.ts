import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrandError, PermanentError, RejectedError, UnavailableError } from '../../../app/errors.ts'
import { defaultRetry, type RetryPolicy } from '../../../app/retry.ts'
import { causeOf, type VerdictInput, verdict } from '../../../consumers/verdict.ts'

const hourMs = 3_600_000
const boom = { kind: 'threw', error: new Error('boom') } as const
const failed = (attempt: number, retry: Partial<RetryPolicy> = {}, rest: Partial<VerdictInput> = {}): VerdictInput => ({
  attempt,
  retry: { ...defaultRetry, attempts: 3, ...retry },
  nowMs: 1_000,
  random: () => 1,
  ...rest,
})

describe('what is thrown', () => {
  test('is tried again with growing waits until the attempts are used up', () => {
    expect(verdict(boom, failed(1))).toMatchObject({ kind: 'again', counted: true, afterMs: 200 })
    expect(verdict(boom, failed(2))).toMatchObject({ kind: 'again', counted: true, afterMs: 400 })
    expect(verdict(boom, failed(3))).toMatchObject({
      kind: 'gaveUp',
      cause: {
        code: 'retries-exhausted',
        message: 'boom',
        stack: expect.stringMatching(/^Error: boom\n {4}at .*verdict/),
      },
    })
  })

  test('is final at once where it is a rejection or a permanent error', () => {
    const rejection = new RejectedError('no-flights', 'none')
    expect(verdict({ kind: 'threw', error: rejection }, failed(1))).toEqual({ kind: 'rejected', error: rejection })
    expect(verdict({ kind: 'threw', error: new PermanentError('never') }, failed(1))).toMatchObject({
      kind: 'gaveUp',
      cause: { code: 'permanent', message: 'never', stack: expect.stringContaining('PermanentError: never') },
    })
  })

  test('an unavailable dependency is waited for and never counted, neither for ever nor without a pause', () => {
    const heldMs = (afterMs: number) => verdict({ kind: 'threw', error: new UnavailableError(afterMs) }, failed(99))
    expect(heldMs(1_500)).toMatchObject({ kind: 'unavailable', afterMs: 1_500, cause: { code: 'unavailable' } })
    expect(heldMs(1_500.2)).toMatchObject({ afterMs: 1_501 })
    expect(heldMs(hourMs)).toMatchObject({ afterMs: 300_000 })
    for (const senseless of [0, -1, Number.NaN]) expect(heldMs(senseless)).toMatchObject({ afterMs: 100 })
  })

  test('a timeout counts like any other error, and a letter says that it was one', () => {
    expect(verdict({ kind: 'timedOut' }, failed(1))).toMatchObject({ kind: 'again', cause: { code: 'timed-out' } })
    expect(verdict({ kind: 'timedOut' }, failed(3))).toMatchObject({
      kind: 'gaveUp',
      cause: { code: 'retries-exhausted', message: 'timed-out: the attempt took longer than its timeout' },
    })
  })
})

describe('a wait', () => {
  test('of up to ten seconds is made in place; a longer one leaves, where there is no order to keep', () => {
    const policy = { attempts: 9, firstWaitMs: 10_000, maxWaitMs: 4 * hourMs }
    expect(verdict(boom, failed(1, policy, { mayLeave: true }))).toMatchObject({ kind: 'again', afterMs: 10_000 })
    expect(verdict(boom, failed(2, policy, { mayLeave: true }))).toMatchObject({ kind: 'later', afterMs: 20_000 })
    expect(verdict(boom, failed(2, policy))).toMatchObject({ kind: 'again', afterMs: 10_000 })
  })

  test('ends at the deadline', () => {
    const policy = { firstWaitMs: hourMs, maxWaitMs: hourMs }
    const until = (deadlineMs: number) => verdict(boom, failed(1, policy, { mayLeave: true, deadlineMs }))
    expect(until(61_000)).toMatchObject({ kind: 'later', afterMs: 60_000 })
    expect(until(6_000)).toMatchObject({ kind: 'again', afterMs: 5_000 })
    expect(until(999)).toMatchObject({ kind: 'again', afterMs: 0 })
  })

  test('that would end too late after the first failure is not begun', () => {
    const policy = { attempts: 100, firstWaitMs: 1_000, maxWaitMs: 1_000, withinMs: 10_000 }
    const nowMs = 20_000
    expect(verdict(boom, failed(5, policy, { nowMs, firstFailedAtMs: 11_000 }))).toMatchObject({ kind: 'again' })
    expect(verdict(boom, failed(5, policy, { nowMs, firstFailedAtMs: 10_999 }))).toMatchObject({
      kind: 'gaveUp',
      cause: { code: 'retries-exhausted', message: 'boom' },
    })
    expect(verdict(boom, failed(1, { ...policy, withinMs: 999 }, { nowMs }))).toMatchObject({ kind: 'gaveUp' })
  })

  test('is never negative or longer than its cap, ten seconds in place, and the deadline', () => {
    const retries = fc.record({
      attempts: fc.integer({ min: 1, max: 5_000 }),
      firstWaitMs: fc.integer({ min: 0, max: hourMs }),
      maxWaitMs: fc.integer({ min: 0, max: 24 * hourMs }),
    })
    const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
    fc.assert(
      fc.property(
        fc.nat(5_000),
        retries,
        fc.boolean(),
        fc.nat(hourMs),
        share,
        (tried, retry, mayLeave, leftMs, random) => {
          const input = { attempt: tried + 1, retry, mayLeave, nowMs: 5, deadlineMs: 5 + leftMs, random: () => random }
          const decided = verdict(boom, input)
          if (decided.kind === 'gaveUp') return tried + 1 >= retry.attempts
          if (decided.kind !== 'again' && decided.kind !== 'later') throw new Error(decided.kind)
          expect(decided.afterMs).toBeGreaterThanOrEqual(0)
          expect(decided.afterMs).toBeLessThanOrEqual(Math.min(retry.maxWaitMs, leftMs))
          expect(decided.kind === 'later').toBe(decided.afterMs > 10_000)
          return mayLeave || decided.kind === 'again'
        },
      ),
    )
  })
})

describe('`when`', () => {
  const asked: unknown[] = []
  const when = (error: unknown): boolean => {
    asked.push(error)
    return !(error instanceof TypeError)
  }

  test('false is a dead letter now, in the words of the error', () => {
    expect(verdict({ kind: 'threw', error: new TypeError('no such field') }, failed(1, { when }))).toMatchObject({
      kind: 'gaveUp',
      cause: { code: 'not-retriable', message: 'no such field', stack: expect.stringContaining('TypeError: no such') },
    })
    expect(verdict(boom, failed(1, { when }))).toMatchObject({ kind: 'again' })
  })

  test('is asked about timeouts, and never about what says by itself what is to become of it', () => {
    asked.length = 0
    for (const error of [new RejectedError('no', 'no'), new PermanentError('no'), new UnavailableError(1)])
      verdict({ kind: 'threw', error }, failed(1, { when }))
    expect(asked).toEqual([])
    verdict({ kind: 'timedOut' }, failed(1, { when }))
    expect(asked).toMatchObject([{ code: 'timed-out' }])
  })

  test('one that throws itself keeps no message from being tried again, and is told of', () => {
    const broken = (): boolean => {
      throw new Error('oh')
    }
    expect(verdict(boom, failed(1, { when: broken }))).toMatchObject({
      kind: 'again',
      cause: { message: 'boom (retry.when threw: oh)' },
    })
  })
})

describe('a cause', () => {
  test('has the message alone as its message, and the first frames, however long the message is', () => {
    const { message, stack } = causeOf(new RangeError(`one\n${'two\n'.repeat(50)}`))
    expect(message).toMatch(/^one\ntwo\n/)
    expect(stack!.split('\n')).toHaveLength(6)
    expect(stack).toMatch(/^RangeError: one\n {4}at /)
  })

  test('of an error of ours is its code, and where it was thrown is nobody’s business', () => {
    expect(causeOf(new ErrandError('undecodable', 'no Avro'))).toEqual({ code: 'undecodable', message: 'no Avro' })
  })

  test('whatever is thrown has one', () => {
    const untold = { code: 'handler-failed', message: 'something that has no text was thrown' }
    expect(causeOf(Object.create(null))).toEqual(untold)
    expect(causeOf(undefined)).toEqual({ code: 'handler-failed', message: 'undefined' })
    expect(causeOf(Object.assign(new Error(''), { stack: undefined }))).toEqual({
      code: 'handler-failed',
      message: 'Error',
    })
    expect(causeOf(new Error('x'.repeat(1_000_000))).message).toHaveLength(2_000)
  })

  test('what cannot even be looked at is an attempt that has failed, like any other', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const refuse = (): never => {
      throw new Error('do not look')
    }
    const message = Object.defineProperty(new Error(''), 'message', { get: refuse })
    const stack = Object.defineProperty(new Error('a stack'), 'stack', { get: refuse })
    for (const error of [proxy, message, stack]) {
      expect(verdict({ kind: 'threw', error }, failed(1))).toMatchObject({ kind: 'again', counted: true })
      expect(verdict({ kind: 'threw', error }, failed(3))).toMatchObject({ kind: 'gaveUp' })
    }
  })
})
