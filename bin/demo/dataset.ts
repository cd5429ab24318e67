// The demo's data: real flights, and what every answer about them must say, reckoned here without Errand.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Flight = {
  readonly date: string
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

/** What a client asks, and how many flights there are. */
export type Question = {
  readonly airport: string
  readonly from: string
  readonly to: string
  readonly flights: number
}

/** The package's exports name its code alone, which lies in `build/`, beside `data/`. */
const folder = join(dirname(fileURLToPath(import.meta.resolve('vega-datasets'))), '..', 'data')

/** 20,000 flights of the year 2001, from the `vega-datasets` package. */
export const loadFlights = (): readonly Flight[] => JSON.parse(readFileSync(join(folder, 'flights-20k.json'), 'utf8'))

const periods = [
  ['2001-01-01', '2001-01-15'],
  ['2001-01-15', '2001-02-01'],
  ['2001-01-01', '2001-02-01'],
  ['2001-02-01', '2001-02-15'],
  ['2001-02-15', '2001-03-01'],
  ['2001-02-01', '2001-03-01'],
  ['2001-03-01', '2001-03-15'],
  ['2001-03-15', '2001-04-01'],
  ['2001-03-01', '2001-04-01'],
  ['2001-01-01', '2001-04-01'],
] as const

/** Every period for the busiest airports, and for one where nothing ever left: its requests must be rejected. */
export function questions(flights: readonly Flight[], airports: number): readonly Question[] {
  const byOrigin = Map.groupBy(flights, ({ origin }) => origin)
  const busiest = [...byOrigin].sort(([, a], [, b]) => b.length - a.length).slice(0, airports)
  return [...busiest, ['XXX', []] as const].flatMap(([airport, left]) =>
    periods.map(([from, to]) => ({
      airport,
      from,
      to,
      flights: left.filter(({ date }) => isWithin(date, from, to)).length,
    })),
  )
}

const isWithin = (date: string, from: string, to: string): boolean => {
  const day = date.slice(0, 10).replaceAll('/', '-')
  return day >= from && day < to
}
