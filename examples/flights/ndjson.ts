// Prints 2,000 real flights as NDJSON, a `flight.landed` a line: `npm run -s flights | npx errand produce flight.landed`.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's exports name its code alone, which lies in `build/`, beside `data/`. */
const data = join(dirname(fileURLToPath(import.meta.resolve('vega-datasets'))), '..', 'data')
const flights: readonly object[] = JSON.parse(readFileSync(join(data, 'flights-2k.json'), 'utf8'))
process.stdout.on('error', () => process.exit()) // the reader had enough
process.stdout.write(flights.map((flight) => `${JSON.stringify(flight)}\n`).join(''))
