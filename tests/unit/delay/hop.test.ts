import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextOf } from '../../../consumers/delay/hop.ts'
import { type Tier, tierFor, tiers } from '../../../kafka/tiers.ts'

/** Follows a record to its release; each time somebody looks `lateMs` late. */
function follow({ sinceMs, dueMs, first, lateMs }: Start) {
  let [nowMs, since, tier] = [sinceMs, sinceMs, first]
  const hops: { readonly tier: Tier; readonly atMs: number }[] = []
  for (let looks = 0; looks < 1_000; looks += 1) {
    const next = nextOf({ sinceMs: since, tier, dueMs }, nowMs)
    if (next.kind === 'release') return { hops, releasedMs: nowMs }
    if (next.kind === 'wait') {
      expect(next.untilMs).toBeGreaterThan(nowMs)
      nowMs = next.untilMs + lateMs
    } else {
      tier = next.tier
      since = nowMs
      hops.push({ tier, atMs: nowMs })
    }
  }
  throw new Error('it never ends')
}

type Start = { readonly sinceMs: number; readonly dueMs: number; readonly first: Tier; readonly lateMs: number }

const dayMs = 86_400_000
const anyTier = fc.constantFrom(...tiers)
const wait = fc.oneof(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: 0, max: 2 * dayMs }))

describe('a record that waits in tiers', () => {
  test('is released exactly when it is due, at most six hops a tier, each on a tier not longer than the one before', () => {
    fc.assert(
      fc.property(wait, (waitMs) => {
        const first = tierFor(waitMs)
        const { hops, releasedMs } = follow({ sinceMs: 1_000, dueMs: 1_000 + waitMs, first, lateMs: 0 })
        expect(releasedMs).toBe(Math.max(1_000, 1_000 + waitMs))
        const path = [first, ...hops.map(({ tier }) => tier)]
        expect(path).toEqual(path.toSorted((one, other) => other.waitMs - one.waitMs))
        for (const tier of tiers) expect(path.filter((each) => each === tier).length).toBeLessThanOrEqual(6)
      }),
    )
  })

  test('is never early and comes to an end, in whatever tier it began, however late it is looked at', () => {
    fc.assert(
      fc.property(anyTier, wait, fc.integer({ min: 0, max: 60_000 }), (first, waitMs, lateMs) => {
        const { hops, releasedMs } = follow({ sinceMs: 0, dueMs: waitMs, first, lateMs })
        expect(releasedMs).toBeGreaterThanOrEqual(waitMs)
        expect(hops.length).toBeLessThan(60)
        expect(releasedMs).toBeLessThanOrEqual(Math.max(0, waitMs) + lateMs)
      }),
    )
  })

  test('goes on when all before it in its tier do: the tier is first in, first out', () => {
    fc.assert(
      fc.property(anyTier, fc.nat(1_000), fc.array(fc.integer({ min: 0, max: 2 * dayMs })), (tier, gapMs, waits) => {
        const goesOn = waits.map((waitMs, index) => {
          const sinceMs = index * gapMs
          const next = nextOf({ sinceMs, tier, dueMs: sinceMs + tier.waitMs + waitMs }, sinceMs)
          return next.kind === 'wait' ? next.untilMs - sinceMs - tier.waitMs : 0
        })
        for (const extraMs of goesOn) expect(extraMs).toBeLessThan(1_500)
      }),
    )
  })
})
