// The alert log: one JSON line per late flight, as idempotent as a file can be. The id is remembered in the transaction in
// which its line is appended, so a record delivered again adds no line. Only a crash between the two appends it once
// more, under the same id, by which a reader can tell; the other way round the crash would lose an alert.
import { appendFileSync } from 'node:fs'
import type { FlightLanded } from '../schemas/generated.ts'
import type { Database } from './database.ts'

export class AlertLog {
  readonly #database: Database
  readonly #file: string
  readonly #remember

  constructor(database: Database, file: string) {
    this.#database = database
    this.#file = file
    database.define('CREATE TABLE IF NOT EXISTS alerted (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID')
    this.#remember = database.prepare('INSERT INTO alerted VALUES (?) ON CONFLICT DO NOTHING')
  }

  add(id: string, flight: FlightLanded): Promise<void> {
    return this.#database.write(() => {
      if (this.#remember.run(id).changes === 1) appendFileSync(this.#file, `${JSON.stringify({ id, ...flight })}\n`)
    })
  }
}
