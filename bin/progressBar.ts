// A progress bar on a terminal; elsewhere a line every few seconds. This file alone imports cli-progress.
import { Presets, SingleBar } from 'cli-progress'

export type ProgressBar = { update(count: number): void } & Disposable

const lineEveryMs = 3_000

/** Shows on standard error, so that standard output stays the program's. Dispose it when done: it then shows the final count. */
export function progressBar({ title, total }: { readonly title: string; readonly total: number }): ProgressBar {
  return process.stderr.isTTY ? bar(title, total) : lines(title, total)
}

function bar(title: string, total: number): ProgressBar {
  const single = new SingleBar(
    { format: `  {bar} {percentage}% | {value}/{total} ${title}`, hideCursor: true, clearOnComplete: false },
    Presets.shades_classic,
  )
  single.start(total, 0)
  return { update: (count) => single.update(count), [Symbol.dispose]: () => single.stop() }
}

function lines(title: string, total: number): ProgressBar {
  let saidMs = 0
  let said = -1
  let last = 0
  const say = (): void => {
    if (said === last) return
    said = last
    saidMs = Date.now()
    process.stderr.write(`  ${last}/${total} ${title}\n`)
  }
  return {
    update: (count) => {
      last = count
      if (Date.now() - saidMs >= lineEveryMs) say()
    },
    [Symbol.dispose]: say,
  }
}
