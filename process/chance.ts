// Chance: what spreads waits and beginnings, so that not all processes do the same at the same time. A simulation gives it a
// seed of its own, for all that it runs and for nothing beside it. Secrets, ids and nonces are process/random.ts's.
import { AsyncLocalStorage } from 'node:async_hooks'

/** Gives a number from 0 to below 1. */
export type Chance = () => number

const scope = new AsyncLocalStorage<Chance>()

/** The next number: of the chance that this was called under, else of Math.random. */
export const chance: Chance = () => (scope.getStore() ?? Math.random)()

/** Runs `work`, and all that it sets going, under a chance of its own. */
export const underChance = <T>(own: Chance, work: () => T): T => scope.run(own, work)

/** The same numbers for the same seed (mulberry32: 32 bits of state, which is enough to be unlike for each seed). */
export function seeded(seed: number): Chance {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}
