// The clients, each a JSON text: what a newer version keeps in it survives a change by an older one (I10).
import type { DatabaseSync } from 'node:sqlite'
import type { ClientEntry } from '../../process/clientEntry.ts'
import type { ClientRegister } from '../store.ts'

export type ClientTable = {
  read(): ClientRegister
  revision(): number
  /** To be called in a transaction. */
  save(entry: ClientEntry, revision: number): boolean
}

const saveClient = `
  INSERT INTO clients (name, revision, entry) VALUES (:name, :revision, :entry)
  ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, entry = excluded.entry`

export function clientsIn(database: DatabaseSync): ClientTable {
  const readRevision = database.prepare('SELECT ifnull(max(revision), 0) AS revision FROM clients')
  const readAll = database.prepare('SELECT revision, entry FROM clients ORDER BY name')
  const save = database.prepare(saveClient)
  const revision = (): number => Number(readRevision.get()?.revision)
  return {
    revision,
    read: () => {
      const rows = readAll.all() // one statement: entries and revision are of one instant
      return {
        revision: rows.reduce((most, row) => Math.max(most, Number(row.revision)), 0),
        entries: rows.map(({ entry }) => JSON.parse(String(entry)) as ClientEntry),
      }
    },
    save: (entry, known) => {
      if (revision() !== known) return false
      save.run({ name: entry.name, revision: known + 1, entry: JSON.stringify(entry) })
      return true
    },
  }
}
