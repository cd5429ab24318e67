// The tables of the SQLite store, and who may use a file (I10).
//
// PRAGMA user_version grows only with a change that the version before cannot live with: what is added in a way that old
// code does not notice (a table, a column with a default) leaves it, so that N and N+1 run side by side.
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { ErrandError } from '../../app/errors.ts'

export const schemaVersion = 1

/** "Errd": tells our files from any other SQLite database (https://sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x45727264

const tables = `
  CREATE TABLE store (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  -- One row a request. All parts but asked belong to its run. JSON holds what nothing is ordered by.
  CREATE TABLE requests (
    id                TEXT PRIMARY KEY,
    run               INTEGER NOT NULL,
    revision          INTEGER NOT NULL DEFAULT 0,
    created_at_ms     INTEGER NOT NULL,            -- until it is known from asked: when the store first heard of it
    asked             TEXT,                        -- JSON
    started_at_ms     INTEGER,
    attempt           INTEGER NOT NULL DEFAULT 0,
    progress_attempt  INTEGER,
    progress_sequence INTEGER,
    progress          TEXT,                        -- JSON
    delivered_attempt INTEGER,
    delivered_rank    INTEGER,
    delivered_at_ms   INTEGER,
    delivered         TEXT,                        -- JSON
    answer_partition  INTEGER,
    answer_offset     INTEGER,
    finished_at_ms    INTEGER,
    outcome           TEXT,
    answer            TEXT                         -- JSON, may be large: the last column
  ) STRICT;
  CREATE INDEX requests_by_age ON requests (created_at_ms);

  CREATE TABLE positions (
    topic       TEXT NOT NULL,
    partition   INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    passed_ms   INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE claims (
    id               TEXT NOT NULL,
    run              INTEGER NOT NULL,
    answer_partition INTEGER NOT NULL,
    answer_offset    INTEGER NOT NULL,
    url              TEXT NOT NULL,
    claimed_at_ms    INTEGER NOT NULL,
    body             BLOB NOT NULL,
    PRIMARY KEY (id, run)
  ) STRICT;
  CREATE INDEX claims_by_age ON claims (claimed_at_ms);

  CREATE TABLE claimed_through (
    topic       TEXT NOT NULL,
    partition   INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) STRICT, WITHOUT ROWID;

  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`

/** What was added since, in a way that the version before does not notice. */
const addedTables = `
  CREATE TABLE IF NOT EXISTS clients (
    name     TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,   -- that the change of this client gave to them all
    entry    TEXT NOT NULL       -- JSON
  ) STRICT;
  CREATE INDEX IF NOT EXISTS clients_by_revision ON clients (revision);
`

/** Throws `store-foreign` for another program's database, `store-newer` for one that this version does not understand. */
export function checkSchema(database: DatabaseSync, file: string): void {
  const isEmpty = number(database, 'SELECT count(*) FROM sqlite_schema') === 0
  if (!isEmpty && number(database, 'PRAGMA application_id') !== applicationId)
    throw new ErrandError('store-foreign', `${file} is another program's database: name a file of Errand's own`)
  const version = number(database, 'PRAGMA user_version')
  if (version > schemaVersion)
    throw new ErrandError(
      'store-newer',
      `the store ${file} has schema version ${version}, and this version of Errand knows ${schemaVersion}: ` +
        'run the newer Errand, or name another file, which is then filled from the log, but for the clients (docs/clients.md)',
    )
}

/** Creates what is missing. To be called in a write transaction, so that of several processes one does it. */
export function createSchema(database: DatabaseSync): void {
  if (number(database, 'PRAGMA user_version') === 0) {
    database.exec(tables)
    database.prepare("INSERT INTO store (name, value) VALUES ('identity', ?)").run(randomUUID())
  }
  database.exec(addedTables)
}

export function readIdentity(database: DatabaseSync): string {
  return String(database.prepare("SELECT value FROM store WHERE name = 'identity'").get()?.value)
}

const number = (database: DatabaseSync, sql: string): number =>
  Number(Object.values(database.prepare(sql).get() ?? {})[0])
