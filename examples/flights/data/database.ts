// One SQLite file, shared by all processes. Writes that come in one turn of the event loop share one transaction (group
// commit), so that fifty records handled at once cost one flush to disk, not fifty.
//
// The log delivers at least once, so every write must be such that doing it again changes nothing: the tables remember
// the ids of the events that they hold.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

type Write = { readonly action: () => void; readonly settle: PromiseWithResolvers<void> }

export class Database {
  readonly #sqlite: DatabaseSync
  #waiting: Write[] = []
  #flushed: Promise<void> = Promise.resolve()

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true })
    this.#sqlite = new DatabaseSync(file, { timeout: 5_000 }) // another process may be writing
    this.#sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL') // handled means on disk
  }

  prepare(sql: string): StatementSync {
    return this.#sqlite.prepare(sql)
  }

  /** Creates what is missing. */
  define(sql: string): void {
    this.#sqlite.exec(sql)
  }

  /** Runs `action` in this turn's transaction; resolves when that is on disk. */
  write(action: () => void): Promise<void> {
    const settle = Promise.withResolvers<void>()
    if (this.#waiting.push({ action, settle }) === 1)
      this.#flushed = new Promise((resolve) => {
        setImmediate(() => resolve(this.#flush()))
      })
    return settle.promise
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#flushed
    this.#sqlite.close()
  }

  #flush(): void {
    const writes = this.#waiting
    this.#waiting = []
    try {
      this.#sqlite.exec('BEGIN IMMEDIATE')
      const done = writes.filter((write) => this.#attempt(write))
      this.#sqlite.exec('COMMIT')
      for (const { settle } of done) settle.resolve()
    } catch (error) {
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK')
      for (const { settle } of writes) settle.reject(error)
    }
  }

  /** One write that fails takes nothing of the others with it: a full alert log does not stop the archive. */
  #attempt({ action, settle }: Write): boolean {
    this.#sqlite.exec('SAVEPOINT attempt')
    try {
      action()
      return true
    } catch (error) {
      settle.reject(error)
      this.#sqlite.exec('ROLLBACK TO attempt')
      return false
    } finally {
      this.#sqlite.exec('RELEASE attempt')
    }
  }
}
