// Work in bursts. What waits for the end of the event loop's turn goes on together, in order, each step for all before the next
// step: the processor then keeps a step's code at hand, and who is written to several times is woken once. At low load a turn
// brings one thing, which waits for nothing.

let turn: Promise<void> | undefined

/** Resolves once all that this turn of the event loop brings is there. One promise for all who ask in the same turn. */
export const endOfTurn = (): Promise<void> =>
  (turn ??= new Promise((resolve) =>
    setImmediate(() => {
      turn = undefined
      resolve()
    }),
  ))
