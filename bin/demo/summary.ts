// What the demo has to show in the end, and whether it all matches.

export type Tally = {
  readonly produced: number
  readonly seen: ReadonlyMap<string, number>
  readonly asked: number
  readonly accepted: number
  readonly done: ReadonlyMap<string, number>
  readonly verified: number
  readonly repeated: number
  readonly faults: readonly string[]
  readonly latenciesMs: readonly number[]
  readonly seconds: number
}

/** Prints the summary; true when every count matches. */
export function report(tally: Tally, events: number): boolean {
  const { produced, seen, asked, accepted, done, verified, repeated, faults, latenciesMs, seconds } = tally
  const sorted = [...latenciesMs].sort((a, b) => a - b)
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['events produced', String(produced), produced === events],
    ...[...seen].map(([group, count]) => [`events seen by ${group}`, String(count), count === events] as const),
    ['requests accepted', `${accepted} of ${asked}`, accepted === asked],
    ...[...done].map(([name, count]) => [`requests done by ${name}`, String(count), count > 0] as const),
    ['callbacks verified', `${verified} (${repeated} came again)`, verified === accepted],
    ['lost', String(accepted - verified), accepted === verified],
    ['POST to callback', `p50 ${percentile(sorted, 50)} ms, p99 ${percentile(sorted, 99)} ms`, true],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  console.log('')
  for (const [name, value, ok] of rows) console.log(`  ${ok ? '✓' : '✗'} ${name.padEnd(width)}  ${value}`)
  for (const fault of faults.slice(0, 10)) console.log(`  ✗ ${fault}`)
  const matches = faults.length === 0 && rows.every(([, , ok]) => ok)
  console.log(`\n${matches ? 'Everything matches' : 'NOT everything matches'}, after ${seconds.toFixed(1)} s.`)
  return matches
}

const percentile = (sorted: readonly number[], percent: number): string =>
  (sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? Number.NaN).toFixed(0)
