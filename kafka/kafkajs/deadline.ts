// An end to waiting for kafkajs, which has none of its own.
import { ErrandError } from '../../app/errors.ts'
import { systemClock } from '../../process/clock.ts'

/** The promise, or `too-late` after `limitMs`; it leaves no timer behind. What the promise does later is ignored. */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  const done = new AbortController()
  const end = systemClock.sleep(limitMs, done.signal).then(() => {
    throw new ErrandError('too-late', `no answer within ${limitMs} ms`, { retriable: true })
  })
  try {
    return await Promise.race([promise, end])
  } finally {
    done.abort()
    end.catch(() => undefined)
    promise.catch(() => undefined)
  }
}

/** The promise, or the signal's reason as soon as it aborts; it leaves no listener behind. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  signal.throwIfAborted()
  const end = Promise.withResolvers<never>()
  const abort = (): void => end.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, end.promise])
  } finally {
    signal.removeEventListener('abort', abort)
    promise.catch(() => undefined)
  }
}
