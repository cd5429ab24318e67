// How long `errand schemas check` takes over many schemas, and how much memory: the command as a process, from its start to its
// end. Once over the schemas alone, and over a tenth of them with golden payloads, which have each version read every other.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeManySchemas } from '../../tests/manySchemas.ts'
import { type BenchOptions, type Case, type Figure, isTrial, median, rounds } from '../rounds.ts'

type Sample = { readonly seconds: number; readonly cpuSeconds: number; readonly rssMb: number }

const run = promisify(execFile)
const errand = join(import.meta.dirname, '..', '..', 'bin', 'entry.js')
const meter = join(import.meta.dirname, 'usage.ts')
const versions = 10
const maxRepetitions = 3

export async function gateFigures(
  options: Pick<BenchOptions, 'folder' | 'repetitions' | 'seconds' | 'onProgress'>,
): Promise<Readonly<Record<string, Figure>>> {
  const subjects = isTrial(options.repetitions) ? 20 : 1_000
  const [plain, golden] = [join(options.folder, 'plain'), join(options.folder, 'golden')]
  options.onProgress(`Writing ${subjects} subjects of ${versions} versions`)
  await writeManySchemas(plain, { subjects, versions })
  await writeManySchemas(golden, { subjects: subjects / 10, versions })
  await run(process.execPath, [errand, 'schemas', 'generate', golden])
  const cases: Case<Sample>[] = [
    { name: `${subjects} subjects`, measure: () => gate(plain) },
    { name: `${subjects / 10} subjects with golden payloads`, measure: () => gate(golden) },
  ]
  const samples = await rounds(cases, { ...options, repetitions: Math.min(options.repetitions, maxRepetitions) })
  const row = (name: string, ...cells: readonly string[]): string =>
    name.padEnd(44) + cells.map((cell) => cell.padStart(10)).join('')
  console.log(`\n${row(`The gate, ${versions} versions each`, 's', 'CPU s', 'RSS MB')}`)
  for (const [name, all] of samples) {
    const middle = (of: (sample: Sample) => number): string => median(all.map(of)).toFixed(1)
    console.log(
      row(
        name,
        middle((each) => each.seconds),
        middle((each) => each.cpuSeconds),
        middle((each) => each.rssMb),
      ),
    )
  }
  const figure = (index: number): Figure => {
    const all = samples.get(cases[index]!.name)!.map(({ seconds }) => seconds)
    return { median: median(all), min: Math.min(...all), max: Math.max(...all) }
  }
  return { gateSeconds: figure(0), gateGoldenSeconds: figure(1) }
}

/** Throws where the gate finds something. */
async function gate(folder: string): Promise<Sample> {
  const startMs = performance.now()
  const { stderr } = await run(process.execPath, ['--import', meter, errand, 'schemas', 'check', folder])
  const seconds = (performance.now() - startMs) / 1_000
  const [, rss, cpu] = /rss (\d+) KB, cpu (\d+) µs/.exec(stderr)!
  return { seconds, cpuSeconds: Number(cpu) / 1e6, rssMb: Number(rss) / 1_024 }
}
