// The tiers of delay: topics in which every record waits equally long, so that each is first in, first out, and whoever reads
// one waits for its head alone, however many lie behind it (design 4). A record enters the largest tier after which enough is
// left of its wait for another hop, and hops down from tier to tier; the last second or so it waits in memory. Pure.

export type Tier = { readonly name: string; readonly waitMs: number }

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

/** Each is four to six times the one before: a record hops at most five times on one, and few topics lie idle. */
export const tiers: readonly Tier[] = [
  { name: '1s', waitMs: secondMs },
  { name: '4s', waitMs: 4 * secondMs },
  { name: '15s', waitMs: 15 * secondMs },
  { name: '1m', waitMs: minuteMs },
  { name: '5m', waitMs: 5 * minuteMs },
  { name: '20m', waitMs: 20 * minuteMs },
  { name: '2h', waitMs: 2 * hourMs },
  { name: '12h', waitMs: 12 * hourMs },
]

/**
 * What a hop may take, from the end of one wait to the begin of the next. Many may be there at once: of those that are put off
 * by one outage all hop at one time. Where it takes longer, they are late.
 */
const hopMs = 500

/** The largest that leaves time for a hop; the smallest for what is shorter than all. */
export const tierFor = (leftMs: number): Tier => tiers.findLast(({ waitMs }) => waitMs + hopMs <= leftMs) ?? tiers[0]!

/** What is less is not worth a hop: it is waited for in memory. */
export const shortMs = tiers[0]!.waitMs + hopMs
