// Running figures per airport. Sums are not idempotent by themselves, so the ids of the events that are in them are kept
// beside them and written in the same transaction: each event counts once, however often it is delivered.
import type { FlightLanded } from '../schemas/generated.ts'
import type { Database } from './database.ts'

export type Average = {
  readonly airport: string
  readonly flights: number
  readonly meanDelayMinutes: number
  readonly worstDelayMinutes: number
}

export class Averages {
  readonly #database: Database
  readonly #remember
  readonly #add
  readonly #select

  constructor(database: Database) {
    this.#database = database
    database.define(`
      CREATE TABLE IF NOT EXISTS averaged (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS averages (
        airport TEXT PRIMARY KEY, flights INTEGER NOT NULL, delayMinutes INTEGER NOT NULL, worstDelayMinutes INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`)
    this.#remember = database.prepare('INSERT INTO averaged VALUES (?) ON CONFLICT DO NOTHING')
    this.#add = database.prepare(`
      INSERT INTO averages VALUES (:airport, 1, :delay, :delay) ON CONFLICT (airport) DO UPDATE SET
        flights = flights + 1, delayMinutes = delayMinutes + :delay, worstDelayMinutes = max(worstDelayMinutes, :delay)`)
    this.#select = database.prepare(`
      SELECT airport, flights, 1.0 * delayMinutes / flights AS meanDelayMinutes, worstDelayMinutes
      FROM averages ORDER BY airport`)
  }

  add(id: string, { origin, delay }: FlightLanded): Promise<void> {
    return this.#database.write(() => {
      if (this.#remember.run(id).changes === 1) this.#add.run({ airport: origin, delay })
    })
  }

  all(): readonly Average[] {
    return this.#select.all() as Average[]
  }
}
