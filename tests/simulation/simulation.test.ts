// ERRAND_SEEDS says how many schedules are tried, ERRAND_SEED which one alone; `npm run test:simulation` tries a thousand.
import { expect, test } from 'vitest'
import { type Run, simulate } from './schedules.ts'

const only = Number(process.env.ERRAND_SEED || 0)
const first = only || 1
const last = only || Number(process.env.ERRAND_SEEDS || 100)

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const told = (what: unknown): string => (what instanceof Error ? what.message : String(what))

async function under(seed: number): Promise<Run> {
  return simulate(seed).catch((cause: unknown) => {
    const again = `This schedule again: ERRAND_SEED=${seed} npm run test:simulation`
    throw new Error(`under seed ${seed}: ${told(cause)}\n${again}`, { cause })
  })
}

test('under every schedule of crashes, moves, pauses, lost answers and slow handlers the promises are kept', async () => {
  const startedMs = performance.now()
  const sum = { accepted: 0, repeats: 0, repeatsAllowed: 0, killers: 0 }
  for (let seed = first; seed <= last; seed += 1) {
    const { judgement, finished, killers } = await under(seed)
    for (const name of ['accepted', 'repeats', 'repeatsAllowed'] as const) sum[name] += judgement[name]
    sum.killers += killers.length
    expect(finished.length).toBeGreaterThan(0)
    if (seed % 250 === 0 && seed < last) say(`${seed} of ${last} seeds`)
  }
  const { accepted, repeats, repeatsAllowed, killers } = sum
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  say(
    `${last - first + 1} seeds: ${accepted} records, ${repeats} repeats of ${repeatsAllowed} allowed, ${killers} killers found, ${seconds} s`,
  )
  if (only) return
  // A simulation in which nothing is ever repeated, and nothing kills, is one in which nothing has gone wrong.
  expect(repeats).toBeGreaterThan(0)
  expect(killers).toBeGreaterThan(0)
})

test('one seed is one run', async () => {
  const [one, again] = [await simulate(3), await simulate(3)]
  expect(again).toEqual(one)
  expect((await simulate(4)).history).not.toEqual(one.history)
})
