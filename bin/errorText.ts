// What a verb says of the error that ended it.
import { ErrandError } from '../app/errors.ts'
import { printable } from './printable.ts'

/**
 * An `ErrandError` says itself what to do, and what the operating system refuses names call and path. Anything else is a
 * bug: it is told with its stack.
 */
export function errorText(error: unknown): string {
  return textOf(error).split('\n').map(printable).join('\n')
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error instanceof ErrandError || 'syscall' in error ? error.message : String(error.stack)
}
