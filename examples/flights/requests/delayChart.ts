// Draws how delays are distributed, without a browser. This file alone knows vega.
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

const binMinutes = 15

/** An SVG histogram of delays in minutes. The numbers are binned before vega sees them, so its size does not grow with theirs. */
export async function drawDelays(
  delays: readonly number[],
  { title, signal }: { title: string; signal: AbortSignal },
): Promise<string> {
  signal.throwIfAborted()
  const view = new View(parse(compile(histogram(bins(delays), title)).spec), { renderer: 'none' })
  try {
    const svg = await view.toSVG()
    signal.throwIfAborted()
    return svg
  } finally {
    view.finalize()
  }
}

type Bin = { readonly from: number; readonly to: number; readonly flights: number }

const bins = (delays: readonly number[]): readonly Bin[] =>
  [...Map.groupBy(delays, (delay) => Math.floor(delay / binMinutes) * binMinutes)].map(([from, { length }]) => ({
    from,
    to: from + binMinutes,
    flights: length,
  }))

const histogram = (values: readonly Bin[], title: string): TopLevelSpec => ({
  title,
  width: 480,
  height: 240,
  data: { values: [...values] },
  mark: 'bar',
  encoding: {
    x: { field: 'from', type: 'quantitative', bin: { binned: true, step: binMinutes }, title: 'minutes late' },
    x2: { field: 'to' },
    y: { field: 'flights', type: 'quantitative', title: 'flights' },
  },
})
