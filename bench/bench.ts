// `npm run bench <name>`: measures a hot path against its peers, in one run, as ratios. The form is the same for all benches:
// cases that take turns (rounds.ts), a table, the figures with their range, and with --json one object on the last line:
// {"bench": "ack", "figures": {"ackVsNaive": 2.1, …}}.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Argument, Command } from 'commander'
import { developmentCluster } from '../bin/development.ts'
import { wholeNumber } from '../bin/wholeNumber.ts'
import { shutdownSignal } from '../process/lifecycle.ts'
import { ack } from './ack/ack.ts'
import { codec } from './codec/codec.ts'
import { failures } from './failures/failures.ts'
import type { Bench, LocalBench } from './rounds.ts'
import { growth } from './workers/growth.ts'
import { rebalance } from './workers/rebalance.ts'
import { workers } from './workers/workers.ts'

/** What is measured, and how often and how long where nobody says. */
type Program = { readonly repetitions: number; readonly seconds: number } & (
  | { readonly bench: Bench }
  | { readonly local: LocalBench }
)

const programs: Readonly<Record<string, Program>> = {
  ack: { bench: ack, repetitions: 9, seconds: 2 },
  workers: { bench: workers, repetitions: 5, seconds: 4 },
  'workers-growth': { bench: growth, repetitions: 5, seconds: 4 },
  'workers-rebalance': { bench: rebalance, repetitions: 5, seconds: 3 },
  failures: { bench: failures, repetitions: 3, seconds: 4 },
  codec: { local: codec, repetitions: 9, seconds: 1 },
}

type Options = { readonly repetitions?: number; readonly seconds?: number; readonly json: boolean }

async function bench(name: string, { json, ...asked }: Options): Promise<void> {
  using shutdown = shutdownSignal()
  await using opened = new AsyncDisposableStack()
  const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'errand-bench-')), (path) =>
    rm(path, { recursive: true, force: true }),
  )
  const onProgress = (step: string): void => console.error(`· ${step}`)
  const program = programs[name]!
  const { repetitions, seconds } = { ...program, ...asked }
  const options = { folder, onProgress, repetitions, seconds }
  const cluster = async () =>
    opened.use(await developmentCluster({ folder, ports: 'free', onProgress, signal: shutdown.signal }))
  const figures =
    'local' in program ? await program.local(options) : await program.bench({ ...options, cluster: await cluster() })
  console.log()
  for (const [figure, { median, min, max }] of Object.entries(figures))
    console.log(`${figure.padEnd(24)}${median.toFixed(2)}  [${min.toFixed(2)}..${max.toFixed(2)}]`)
  const medians = Object.fromEntries(Object.entries(figures).map(([figure, { median }]) => [figure, round(median)]))
  if (json) console.log(JSON.stringify({ bench: name, figures: medians }))
}

const round = (figure: number): number => Math.round(figure * 1_000) / 1_000

await new Command('bench')
  .description('measure a hot path against its peers')
  .addArgument(new Argument('<name>').choices(Object.keys(programs)))
  .option('--repetitions <n>', 'how often each case is measured', wholeNumber)
  .option('--seconds <n>', 'how long each time', wholeNumber)
  .option('--json', 'print the figures as one JSON object on the last line', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npm run bench ack\n  npm run bench ack -- --json --repetitions 15\n  npm run bench workers-growth -- --seconds 2',
  )
  .action(bench)
  .parseAsync()
process.exit()
