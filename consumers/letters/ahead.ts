// Reads one ahead: what comes next is made while what came last is worked on.

/** The same items. `onLeft` is called when no more of them are wanted, before the source is stopped: it may wait for something. */
export async function* ahead<T>(source: AsyncIterable<T>, onLeft: () => void): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const ask = (): Promise<IteratorResult<T>> => {
    const next = iterator.next()
    next.catch(() => undefined) // it rejects where it is awaited, if it is
    return next
  }
  let next = ask()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = ask()
      yield value
    }
  } finally {
    onLeft()
    await iterator.return?.()
  }
}
