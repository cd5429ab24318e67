// Work in bursts: what one turn of the event loop brings is done together at its end, each step for all before the next step.
// The processor then keeps a step's code at hand, and a client that is written to is awake: a request costs a third less
// (docs/benchmarks.md). Nothing waits for more to come: a turn ends when nothing more is there.

/** Makes of `work` what is done with each at the end of the turn, in order. `work` must not throw: it would end the process. */
export function together<T>(work: (each: T) => void): (each: T) => void {
  const gathered: T[] = []
  const workAll = (): void => {
    for (const each of gathered.splice(0)) work(each)
  }
  return (each) => {
    if (gathered.push(each) === 1) setImmediate(workAll)
  }
}
