// A look at a store's file that changes nothing, for `errand doctor`.
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { storeFailure } from './failure.ts'
import { checkSchema, readIdentity } from './schema.ts'

export type Examined = { readonly kind: 'absent' } | { readonly kind: 'store'; readonly bytes: number }

/** Throws as `openSqliteStore` does for a file that is none, is damaged, cannot be written, or is of a newer version. */
export function examineSqliteStore(file: string): Examined {
  try {
    if (!existsSync(file)) return { kind: 'absent' }
    for (const path of [file, dirname(file)]) accessSync(path, constants.R_OK | constants.W_OK)
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      checkSchema(database, file)
      readIdentity(database)
      return { kind: 'store', bytes: statSync(file).size }
    } finally {
      database.close()
    }
  } catch (error) {
    throw storeFailure(file, error)
  }
}
