// What SQLite's result codes mean to an operator: a stable code, the file, and the remedy.
import { ErrandError } from '../../app/errors.ts'

type Failure = { readonly code: string; readonly remedy: string; readonly retriable?: boolean }

const unwritable: Failure = {
  code: 'store-unwritable',
  remedy: 'see that the folder exists, is on a local disk, and that this user may write both it and the file',
}
const corrupt: Failure = {
  code: 'store-corrupt',
  remedy:
    'move it away, with its -wal and -shm files, and start again: a new one is filled from the log, ' +
    'but for the clients, which need a backup or new keys (docs/clients.md)',
}
const busy: Failure = {
  code: 'store-busy',
  remedy: 'another process has held its write lock for too long; try again',
  retriable: true,
}
const full: Failure = { code: 'store-full', remedy: 'make room on the disk', retriable: true }

/** By primary result code (https://sqlite.org/rescode.html). */
const failures: Readonly<Record<number, Failure>> = {
  3: unwritable, // PERM
  5: busy, // BUSY
  6: busy, // LOCKED
  8: unwritable, // READONLY
  10: unwritable, // IOERR
  11: corrupt, // CORRUPT
  13: full, // FULL
  14: unwritable, // CANTOPEN
  26: corrupt, // NOTADB
}

export const storeClosed = (file: string): ErrandError =>
  new ErrandError('store-closed', `the store ${file} has been closed`)

export const isBusy = (error: unknown): boolean => failureOf(error) === busy

/** The error to show for what went wrong with `file`. What is no failure of the store comes back as it is. */
export function storeFailure(file: string, error: unknown): unknown {
  const failure = failureOf(error)
  if (!failure) return error
  const { code, remedy, retriable = false } = failure
  return new ErrandError(code, `the store ${file} cannot be used (${(error as Error).message}): ${remedy}`, {
    retriable,
    cause: error,
  })
}

function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return failures[error.errcode & 0xff]
  return 'syscall' in error ? unwritable : undefined
}
