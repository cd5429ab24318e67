// How every bench measures: its cases take turns within a repetition, in reverse order in the next one, so that none has the
// warm broker or the quiet machine for itself; what counts is the ratio within a repetition, and the median of these. Many
// short repetitions rather than a few long ones: the speed of a machine that others share changes by half within seconds.
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../bin/development.ts'

export type BenchOptions = {
  readonly cluster: Cluster
  /** Thrown away afterwards. */
  readonly folder: string
  readonly repetitions: number
  /** Of one measurement. */
  readonly seconds: number
  readonly onProgress: (step: string) => void
}

/** A ratio's median over the repetitions, and its range. */
export type Figure = { readonly median: number; readonly min: number; readonly max: number }

/** Prints its own table, returns what counts, by name. */
export type Bench = (options: BenchOptions) => Promise<Readonly<Record<string, Figure>>>

/** One that needs no broker. */
export type LocalBench = (options: Omit<BenchOptions, 'cluster'>) => Promise<Readonly<Record<string, Figure>>>

export type Case<Sample> = { readonly name: string; readonly measure: (seconds: number) => Promise<Sample> }

/** A case's samples, one a repetition. */
export type Samples<Sample> = ReadonlyMap<string, readonly Sample[]>

export type RoundOptions = Pick<BenchOptions, 'repetitions' | 'seconds' | 'onProgress'>

/** Measures every case so often. Waits before each for a quiet machine, within reason, and tells where it was not. */
export async function rounds<Sample>(
  cases: readonly Case<Sample>[],
  { repetitions, seconds, onProgress }: RoundOptions,
): Promise<Samples<Sample>> {
  const samples = new Map<string, Sample[]>(cases.map(({ name }) => [name, []]))
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const { name, measure } of repetition % 2 === 1 ? cases : cases.toReversed()) {
      const others = isTrial(repetitions) ? 0 : await quietMachine()
      onProgress(
        `${repetition} of ${repetitions}: ${name}${others > quietCores ? `, while others use ${others.toFixed(2)} cores` : ''}`,
      )
      samples.get(name)!.push(await measure(seconds))
    }
  }
  return samples
}

/** The median over the repetitions of `of(a) / of(b)`, each within one repetition, with the range. */
export function ratio<Sample>(
  samples: Samples<Sample>,
  [a, b]: readonly [string, string],
  of: (sample: Sample) => number,
): Figure {
  const [over, under] = [samples.get(a) ?? [], samples.get(b) ?? []]
  const ratios = over.map((sample, index) => of(sample) / of(under[index]!))
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) }
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A single repetition only shows that a bench works: it need not wait for what makes its figures say something. */
export const isTrial = (repetitions: number): boolean => repetitions === 1

const quietCores = 0.3
const patienceMs = 10_000

/** Waits until less than that is used, but not for ever; resolves with the cores in use in the last half second. */
async function quietMachine(): Promise<number> {
  const endMs = performance.now() + patienceMs
  for (;;) {
    const before = busyMs()
    await sleep(500)
    const cores = (busyMs() - before) / 500
    if (cores <= quietCores || performance.now() >= endMs) return cores
  }
}

const busyMs = (): number => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
