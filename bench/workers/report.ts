// The table of the benches that measure consumers.
import { median, type Samples } from '../rounds.ts'
import type { Sample } from './reading.ts'

export function report(samples: Samples<Sample>): void {
  const middle = (all: readonly Sample[], of: (sample: Sample) => number): number => median(all.map(of))
  const row = (cells: readonly string[]): void =>
    console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(32) : cell.padStart(12))).join(''))
  row(['', 'records/s', 'once warm', 'CPU µs', 'RSS MB'])
  for (const [name, all] of samples)
    row([
      name,
      middle(all, ({ perSecond }) => perSecond).toFixed(0),
      middle(all, ({ warmPerSecond }) => warmPerSecond).toFixed(0),
      middle(all, ({ cpuMicros }) => cpuMicros).toFixed(1),
      middle(all, ({ rssMb }) => rssMb).toFixed(0),
    ])
}
