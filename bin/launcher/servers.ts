// What both ways of launching share: what they are asked for, and what they give.

export type StartOptions = {
  /** The folder launched in, by its real path. */
  readonly home: string
  /** Of each broker, on the loopback address, and free a moment ago. */
  readonly kafkaPorts: readonly number[]
  readonly registryPort: number
  /** Nothing is to be left of its data when it ends. */
  readonly temporary: boolean
  readonly onProgress: (step: string) => void
  /** Gives up, at any moment, and leaves nothing running. */
  readonly signal: AbortSignal
}

/** Kafka and a registry that answer. Disposing stops them, cleanly where that takes no longer than 10 s each. */
export type Servers = AsyncDisposable & {
  /** Resolves, with which and how, when one has ended that was not told to. */
  readonly ended: Promise<string>
  /** Stops one broker cleanly and starts it again; resolves when it is ready. */
  restartBroker(index: number): Promise<void>
}
