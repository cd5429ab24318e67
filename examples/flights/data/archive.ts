// Every flight once. The key is the event's id: a record delivered again changes nothing, and two flights that are equal in
// all that they say are still two.
import type { FlightLanded } from '../schemas/generated.ts'
import type { Database } from './database.ts'

/** A flight as archived: `date` is `2001-01-31T22:05`, so that text order is time order. */
export type Flight = { readonly date: string; readonly destination: string; readonly delayMinutes: number }

export class Archive {
  readonly #database: Database
  readonly #insert
  readonly #select
  readonly #count

  constructor(database: Database) {
    this.#database = database
    database.define(`
      CREATE TABLE IF NOT EXISTS flights (
        id TEXT PRIMARY KEY, origin TEXT NOT NULL, date TEXT NOT NULL, destination TEXT NOT NULL,
        delayMinutes INTEGER NOT NULL, distanceMiles INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS flightsByOrigin ON flights (origin, date)`)
    this.#insert = database.prepare('INSERT INTO flights VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING')
    this.#select = database.prepare(
      'SELECT date, destination, delayMinutes FROM flights WHERE origin = ? AND date >= ? AND date < ? ORDER BY date, id',
    )
    this.#count = database.prepare('SELECT count(*) AS flights FROM flights')
  }

  add(id: string, { date, delay, distance, origin, destination }: FlightLanded): Promise<void> {
    const iso = date.replaceAll('/', '-').replace(' ', 'T')
    return this.#database.write(() => this.#insert.run(id, origin, iso, destination, delay, distance))
  }

  /** Flights from an airport, from the beginning of day `from` to the beginning of day `to`, by date. */
  at(airport: string, from: string, to: string): readonly Flight[] {
    return this.#select.all(airport, from, to) as Flight[]
  }

  count(): number {
    return Number(this.#count.get()?.flights)
  }
}
