// How far long work is: a bar on a terminal, elsewhere a line every few seconds. On standard error, so that standard output
// stays the program's. This file alone imports cli-progress.
import { SingleBar } from 'cli-progress'
import { type Clock, systemClock } from '../process/clock.ts'

export type ProgressOptions = {
  /** What `done` counts up to; undefined where nobody knows. */
  readonly total: number | undefined
  readonly stream?: NodeJS.WriteStream
  readonly clock?: Clock
}

/** Dispose it when the work has ended: the last update then stays. */
export type Progress = Disposable & {
  update(done: number, text: string): void
  /** Writes a line that stays. */
  say(line: string): void
}

const lineEveryMs = 3_000

export const progress = ({ stream = process.stderr, clock = systemClock, total }: ProgressOptions): Progress =>
  stream.isTTY ? bar(stream, total) : lines(stream, clock)

function lines(stream: NodeJS.WriteStream, clock: Clock): Progress {
  let saidMs = clock.now()
  let unsaid: string | undefined
  const say = (line: string): void => void stream.write(`  ${line}\n`)
  const sayLast = (): void => {
    if (unsaid !== undefined) say(unsaid)
    unsaid = undefined
    saidMs = clock.now()
  }
  return {
    update: (_done, text) => {
      unsaid = text
      if (clock.now() - saidMs >= lineEveryMs) sayLast()
    },
    say,
    [Symbol.dispose]: sayLast,
  }
}

function bar(stream: NodeJS.WriteStream, total: number | undefined): Progress {
  const format = `  ${total === undefined ? '' : '{bar} {percentage} %  '}{text}  {duration_formatted}`
  // Ctrl-C is the program's, not the bar's.
  const single = new SingleBar({ stream, format, fps: 5, hideCursor: true, gracefulExit: false, barsize: 30 })
  single.start(total ?? 0, 0, { text: '' })
  return {
    update: (done, text) => single.update(done, { text }),
    say: (line) => {
      stream.clearLine(0)
      stream.cursorTo(0)
      stream.write(`${line}\n`)
    },
    [Symbol.dispose]: () => single.stop(),
  }
}
