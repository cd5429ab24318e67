// Recursion without the stack: a schema of ten thousand levels is walked like one of two.

/** A function that calls itself with `yield`: what it yields is run to its end, whose result is what `yield` returns. */
export interface Deep<T> extends Generator<Deep<unknown>, T, unknown> {}

/** Runs it, its callers waiting in a list. What it throws comes out of here, past all of them. */
export function run<T>(start: Deep<T>): T {
  const callers: Deep<unknown>[] = []
  let current: Deep<unknown> = start
  let result: unknown
  for (;;) {
    const next = current.next(result)
    if (next.done) {
      const caller = callers.pop()
      if (caller === undefined) return next.value as T
      current = caller
      result = next.value
    } else {
      callers.push(current)
      current = next.value
      result = undefined
    }
  }
}
