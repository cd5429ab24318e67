// The retry policy of a handler: how often, how far apart, for how long, and after which errors.

export type RetryPolicy = {
  /** Tries in all, the first included. Default 5. */
  readonly attempts: number
  /** The longest wait after the first failure, in milliseconds; each further one is twice as long, each with full jitter. Default 200. */
  readonly firstWaitMs: number
  /**
   * No wait is longer, in milliseconds. Default 5,000. A wait of up to ten seconds is made in place, the key held; a longer one
   * leaves the partition through the delay topics and holds nothing. Only requests without an ordering key and records without
   * a key can leave: where there is an order to keep, no wait is longer than ten seconds.
   */
  readonly maxWaitMs: number
  /** How long after its first failure a message is still tried, in milliseconds. Default: as long as there are attempts. */
  readonly withinMs?: number
  /**
   * Whether an error is worth another try. Never asked about RejectedError, PermanentError and UnavailableError; a timeout is an
   * ErrandError with the code `timed-out`. One that throws counts as true. Default: all are.
   */
  readonly when?: (error: unknown) => boolean
}

export const defaultRetry: RetryPolicy = { attempts: 5, firstWaitMs: 200, maxWaitMs: 5_000 }

/** The longest wait in place, the key held: the window of what is in hand must not fill with what waits (I3). */
export const longestInPlaceMs = 10_000

export type Handling = {
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  /** Of a request type: whether there is an order to keep. */
  readonly orderingKey?: boolean
}

/** What is wrong with the options of a handler. */
export function handlingProblems(what: string, { timeoutMs, retry, orderingKey = false }: Handling): readonly string[] {
  const { attempts, firstWaitMs, maxWaitMs, withinMs = 1 } = retry
  const isWait = (ms: number): boolean => Number.isFinite(ms) && ms >= 0
  const problems = [
    ...(timeoutMs > 0 ? [] : [`timeoutMs is ${timeoutMs}; it must be above 0`]),
    ...(Number.isInteger(attempts) && attempts >= 1
      ? []
      : [`retry.attempts is ${attempts}; it must be a whole number of at least 1`]),
    ...Object.entries({ firstWaitMs, maxWaitMs })
      .filter(([, ms]) => !isWait(ms))
      .map(([name, ms]) => `retry.${name} is ${ms}; it must be a number of milliseconds of at least 0`),
    ...(withinMs > 0 ? [] : [`retry.withinMs is ${withinMs}; it must be above 0`]),
    ...(orderingKey && isWait(maxWaitMs) && maxWaitMs > longestInPlaceMs
      ? [
          `retry.maxWaitMs is ${maxWaitMs}, and the type has an orderingKey; where there is an order to keep, no wait is longer than ten seconds (${longestInPlaceMs})`,
        ]
      : []),
  ]
  return problems.map((problem) => `${what}: ${problem}`)
}
