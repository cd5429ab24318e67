// One callback attempt over HTTP, and what became of it. This file alone imports undici. Nothing that a receiver does can
// hold an attempt longer than its timeout, make us read more than a little, or lead us elsewhere: no redirect is followed.
import { type Dispatcher, errors, Pool } from 'undici'
import { type Clock, systemClock } from '../../process/clock.ts'
import { hasAnswered, judgeAnswer, type PostOutcome } from './outcome.ts'
import { Receivers } from './receivers.ts'
import { Slots } from './slots.ts'
import { BlockedAddressError, type CallbackPolicy } from './target.ts'

export type Post = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly signal: AbortSignal
}

export type Poster = {
  /** Resolves with the attempt's outcome, whatever the receiver does; rejects only with the signal's reason. */
  post(post: Post): Promise<PostOutcome>
  /** Drops every connection. What is still under way fails. */
  close(): Promise<void>
}

export type PosterOptions = {
  readonly policy: CallbackPolicy
  /**
   * For one attempt in all, in milliseconds: name, connection, TLS, headers and what is read of the body. Default 15,000, the
   * least that Standard Webhooks recommends: nobody waits behind an attempt that takes as long (receivers.ts).
   */
  readonly timeoutMs?: number
  /** Attempts under way at once, and origins that connections are kept for; more wait. */
  readonly connections?: number
  /** Default: as many, so that no attempt spends its time waiting for a connection of ours. */
  readonly connectionsPerOrigin?: number
  readonly clock?: Clock
}

/** Callbacks under way at once. One whose receiver does not answer takes part for its attempt, not for the waits between. */
export const underWay = 512
/** So much of an answer's body is read, so that its connection can serve again; more costs the connection. */
const drainBytes = 65_536

export function createPoster({
  policy,
  timeoutMs = 15_000,
  connections = underWay,
  connectionsPerOrigin = connections,
  clock = systemClock,
}: PosterOptions): Poster {
  const slots = new Slots(connections)
  const receivers = new Receivers({ atOnce: connections, clock })
  const pools = new Pools(connections, (origin) => {
    const connect = { lookup: policy.lookupFor(origin), timeout: timeoutMs }
    // undici's own timers know only silence, not slowness: the attempt's one deadline is ours.
    return new Pool(origin, { connections: connectionsPerOrigin, connect, headersTimeout: 0, bodyTimeout: 0 })
  })
  const inSlot = async (url: URL, post: Post): Promise<PostOutcome> => {
    await slots.take(post.signal)
    const held = pools.take(url.origin)
    try {
      post.signal.throwIfAborted()
      return await exchange(held.pool, url, { timeoutMs, ...post }, clock)
    } finally {
      pools.release(held)
      slots.release()
    }
  }
  const post = async (post: Post): Promise<PostOutcome> => {
    const judged = policy.judge(post.url) // also at every attempt: the operator may have changed the rules
    if (judged.kind === 'refused') return { kind: 'blocked', reason: judged.reason }
    post.signal.throwIfAborted()
    const turn = await receivers.enter(judged.url.origin, post.signal)
    if (turn.kind === 'crowded') return turn
    let outcome: PostOutcome | undefined
    try {
      outcome = await inSlot(judged.url, post)
      return outcome
    } finally {
      turn.leave(hasAnswered(outcome))
    }
  }
  return { post, close: () => pools.close() }
}

type Held = { readonly origin: string; readonly pool: Pool; underWay: number }

/** A pool per origin. Of those that are idle the one idle for longest goes when another is needed. */
class Pools {
  readonly #open: (origin: string) => Pool
  readonly #most: number
  /** In the order in which they were last opened or fell idle. */
  readonly #held = new Map<string, Held>()

  /** There must never be more than `most` under way: then there is always an idle one to close. */
  constructor(most: number, open: (origin: string) => Pool) {
    this.#most = most
    this.#open = open
  }

  take(origin: string): Held {
    const held = this.#held.get(origin) ?? this.#add(origin)
    held.underWay += 1
    return held
  }

  release(held: Held): void {
    held.underWay -= 1
    if (held.underWay > 0 || this.#held.get(held.origin) !== held) return
    this.#held.delete(held.origin)
    this.#held.set(held.origin, held)
  }

  async close(): Promise<void> {
    const all = [...this.#held.values()]
    this.#held.clear()
    await Promise.all(all.map(({ pool }) => pool.destroy()))
  }

  #add(origin: string): Held {
    const idle = [...this.#held.values()].find(({ underWay }) => underWay === 0)
    if (idle && this.#held.size >= this.#most) {
      this.#held.delete(idle.origin)
      void idle.pool.destroy()
    }
    const held = { origin, pool: this.#open(origin), underWay: 0 }
    this.#held.set(origin, held)
    return held
  }
}

/** One request on a pool, by undici's handler: it costs half of `request()`, whose body stream nobody would read. */
function exchange(
  pool: Pool,
  url: URL,
  { headers, body, signal, timeoutMs }: Post & { readonly timeoutMs: number },
  clock: Clock,
): Promise<PostOutcome> {
  return new Promise((resolve, reject) => {
    let outcome: PostOutcome | undefined
    let connection: Dispatcher.DispatchController | undefined
    let readBytes = 0
    let ended = false

    const end = (settle: () => void): void => {
      if (ended) return
      ended = true
      deadline[Symbol.dispose]()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    /** Ends now; the connection is of no use any more. An outcome, once the status is in, stands. */
    const cut = (settle: () => void): void => {
      end(() => (outcome ? resolve(outcome) : settle()))
      connection?.abort(abandoned)
    }
    const onAbort = (): void => cut(() => reject(signal.reason))
    const deadline = clock.after(timeoutMs, () => cut(() => resolve({ kind: 'failed', reason: timedOut(timeoutMs) })))
    signal.addEventListener('abort', onAbort, { once: true })

    pool.dispatch(
      { path: url.pathname + url.search, method: 'POST', headers, body },
      {
        onRequestStart: (controller) => {
          connection = controller
          if (ended) controller.abort(abandoned) // it waited for a connection until its time was over: never sent
        },
        onResponseStart: (_, statusCode, answered) => {
          if (statusCode >= 200) outcome = judgeAnswer(statusCode, clock.now(), answered['retry-after'])
        },
        onResponseData: (_, chunk) => {
          readBytes += chunk.length
          if (readBytes > drainBytes) cut(() => undefined)
        },
        onResponseEnd: () => end(() => resolve(outcome ?? { kind: 'failed', reason: unknownFailure })),
        onResponseError: (_, error) => end(() => resolve(outcome ?? judgeError(error, timeoutMs))),
      },
    )
  })
}

const abandoned = new Error('the attempt is over')
const timedOut = (timeoutMs: number): string => `no answer within ${timeoutMs / 1_000} s`
const unknownFailure = 'the connection failed'

const judgeError = (error: Error & { readonly code?: string }, timeoutMs: number): PostOutcome => {
  if (error instanceof BlockedAddressError) return { kind: 'blocked', reason: error.message }
  const code = error instanceof errors.HTTPParserError ? 'HPE_' : (error.code ?? '') // undici leaves out llhttp's code
  if (/TIMEOUT|TIMEDOUT/.test(code)) return { kind: 'failed', reason: timedOut(timeoutMs) }
  return { kind: 'failed', reason: failures.find(([codes]) => codes.test(code))?.[1] ?? unknownFailure }
}

/** Codes of Node, OpenSSL, llhttp and undici, and what the client is told of each. */
const failures: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, 'the connection was refused'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'the connection was closed before an answer came'],
  [/^(ENOTFOUND|EAI_)/, 'the host name could not be resolved'],
  [/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, 'the host could not be reached'],
  [/CERT|ISSUER|LEAF_SIGNATURE|^ERR_(TLS|SSL)|^EPROTO$/, 'the TLS connection could not be made'],
  [/^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES)/, 'the answer was not valid HTTP'],
]
