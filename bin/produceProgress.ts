// How far `errand produce` is, by the bytes read: a bar on a terminal, a plain line every few seconds elsewhere.
import { SingleBar } from 'cli-progress'
import { type Clock, systemClock } from '../process/clock.ts'
import type { ProduceCounts } from '../producers/ndjson.ts'

export type ProgressOptions = {
  readonly stream: NodeJS.WriteStream
  /** Undefined where nobody knows. */
  readonly totalBytes: number | undefined
  /** Of these bytes, how many have been read by now. */
  readonly readBytes: () => number
  readonly clock?: Clock
}

export type Progress = {
  update(counts: ProduceCounts): void
  /** Writes a line that stays. */
  say(line: string): void
  end(): void
}

const everyMs = 5_000

export const createProgress = (options: ProgressOptions): Progress =>
  options.stream.isTTY ? barOf(options) : plainLines(options)

function plainLines({ stream, clock = systemClock }: ProgressOptions): Progress {
  let saidMs = clock.now()
  const say = (line: string): void => void stream.write(`${line}\n`)
  const update = ({ sent, refused }: ProduceCounts): void => {
    if (clock.now() - saidMs < everyMs) return
    saidMs = clock.now()
    say(`${sent} sent, ${refused} refused`)
  }
  return { update, say, end: () => undefined }
}

function barOf({ stream, totalBytes, readBytes }: ProgressOptions): Progress {
  const gauge = totalBytes === undefined ? '' : '{bar} {percentage} %  '
  const format = `${gauge}{sent} sent, {refused} refused  {duration_formatted}`
  // Ctrl-C is the verb's, not the bar's.
  const bar = new SingleBar({ stream, format, fps: 5, hideCursor: true, gracefulExit: false, barsize: 30 })
  bar.start(totalBytes ?? 0, 0, { sent: 0, refused: 0 })
  return {
    update: (counts) => bar.update(readBytes(), counts),
    say: (line) => {
      stream.clearLine(0)
      stream.cursorTo(0)
      stream.write(`${line}\n`)
    },
    end: () => bar.stop(),
  }
}
