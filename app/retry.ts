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
  /** Whether an error is worth another try. Never asked about RejectedError, PermanentError and UnavailableError. Default: all are. */
  readonly when?: (error: unknown) => boolean
}

export const defaultRetry: RetryPolicy = { attempts: 5, firstWaitMs: 200, maxWaitMs: 5_000 }
