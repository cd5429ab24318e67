// `npm run bench workers-rebalance`: what a member that comes, goes or dies costs the others' records. Two members of ours at
// work on a steady stream, one that joins them, leaves, joins again and is killed; how long the records of keys wait that stay
// with their member, and how long a killed member's partitions stand still, against its session timeout.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, type Figure, median } from '../rounds.ts'
import { fresh, openBacklog } from './backlog.ts'
import type { Account } from './colleague.ts'
import { benchLog } from './member.ts'

const [partitions, keys] = [12, 120]
/** So many records of each key every so often: what a pause is measured in. */
const everyMs = 25
/** The default of our members. */
const sessionTimeoutMs = 10_000
const patienceMs = 30_000

type Waits = { readonly calm: number[]; readonly join: number[]; readonly leave: number[]; readonly killed: number[] }

export const rebalance: Bench = async ({ cluster: { brokers }, repetitions, seconds, onProgress }) => {
  await using opened = new AsyncDisposableStack()
  const log = opened.adopt(benchLog(brokers), (each) => each.close())
  const topic = fresh()
  const backlog = opened.use(await openBacklog(log, { topic, partitions, keys }))
  const stream = new AbortController()
  const streaming = (async () => {
    while (!stream.signal.aborted) await Promise.all([backlog.append(keys), sleep(everyMs)])
  })()
  opened.defer(async () => {
    stream.abort()
    await streaming
  })
  const waits: Waits = { calm: [], join: [], leave: [], killed: [] }
  const group = fresh()
  const hire = async (): Promise<Colleague> => {
    const colleague = opened.use(colleagueOf(brokers, topic, group))
    await until(async () => Object.keys((await colleague.ask()).firstMs).length > 0, 'a member handles something')
    return colleague
  }
  const [first, second] = [await hire(), await hire()]
  const survivors = [first, second]
  const settle = async (): Promise<void> => {
    await sleep(seconds * 1_000)
    await accounts(survivors)
  }
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    onProgress(`${repetition} of ${repetitions}: a member joins, leaves, joins again and is killed`)
    await settle()
    await sleep(seconds * 1_000)
    const calm = await accounts(survivors)
    waits.calm.push(...calm.flatMap(({ waitsMs }) => Object.values(waitsMs)))
    const third = await hire()
    await sleep(seconds * 1_000)
    const joining = await accounts(survivors)
    await sleep(500)
    const kept = await accounts(survivors)
    waits.join.push(...unaffected(kept, joining))
    await settle()
    await third.leave('SIGTERM')
    await sleep(seconds * 1_000)
    waits.leave.push(...unaffected(kept, await accounts(survivors)))
    waits.killed.push(...(await standstill(await hire(), survivors, settle)))
  }
  report(waits)
  return {
    joinPauseMs: figure(waits.join),
    leavePauseMs: figure(waits.leave),
    killedVsSession: figure(waits.killed.map((ms) => ms / sessionTimeoutMs)),
  }
}

/** How long each partition of a member stood still that was killed, ms. */
async function standstill(
  victim: Colleague,
  survivors: readonly Colleague[],
  settle: () => Promise<void>,
): Promise<readonly number[]> {
  await settle()
  await victim.ask()
  await sleep(500)
  const held = Object.keys((await victim.ask()).firstMs)
  const killedMs = Date.now()
  await victim.leave('SIGKILL')
  await accounts(survivors)
  const firstMs: Record<number, number> = {}
  await until(async () => {
    for (const account of await accounts(survivors))
      for (const [partition, ms] of Object.entries(account.firstMs)) firstMs[Number(partition)] ??= ms
    return held.every((partition) => firstMs[Number(partition)] !== undefined)
  }, "a killed member's partitions are worked again")
  return held.map((partition) => firstMs[Number(partition)]! - killedMs)
}

/** The longest waits of keys that stayed with their member. */
const unaffected = (kept: readonly Account[], meanwhile: readonly Account[]): readonly number[] =>
  meanwhile.flatMap(({ waitsMs }, index) =>
    Object.entries(waitsMs).flatMap(([key, ms]) => (key in kept[index]!.waitsMs ? [ms] : [])),
  )

const accounts = (colleagues: readonly Colleague[]): Promise<readonly Account[]> =>
  Promise.all(colleagues.map((colleague) => colleague.ask()))

type Colleague = {
  /** Since it was asked last. */
  ask(): Promise<Account>
  leave(signal: NodeJS.Signals): Promise<void>
} & AsyncDisposable

function colleagueOf(brokers: readonly string[], topic: string, group: string): Colleague {
  const args = [join(import.meta.dirname, 'colleague.ts'), brokers.join(','), topic, group]
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const leave = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  return {
    ask: async () => {
      child.send({})
      return (await once(child, 'message'))[0]
    },
    leave,
    [Symbol.asyncDispose]: () => leave('SIGKILL'),
  }
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = Date.now() + patienceMs
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`waited ${patienceMs} ms, and not yet: ${what}`)
    await sleep(50)
  }
}

/** p50, and the range. */
const figure = (numbers: readonly number[]): Figure => ({
  median: median(numbers),
  min: Math.min(...numbers),
  max: Math.max(...numbers),
})

function report({ calm, join, leave, killed }: Waits): void {
  const rows = {
    'nothing happens': calm,
    'a member joins': join,
    'a member leaves': leave,
    'a member is killed: its partitions': killed,
  }
  console.log(`${''.padEnd(38)}${'p50 ms'.padStart(10)}${'worst ms'.padStart(10)}`)
  for (const [name, numbers] of Object.entries(rows))
    console.log(
      `${name.padEnd(38)}${median(numbers).toFixed(0).padStart(10)}${Math.max(...numbers)
        .toFixed(0)
        .padStart(10)}`,
    )
}
