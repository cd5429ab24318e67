// The text of a file of schemas, as it lies in a folder or in a commit: UTF-8, without a byte order mark.
import { readFileSync, statSync } from 'node:fs'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Undefined where they are not UTF-8. */
export function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** Throws with the file's name, and why it cannot be read. */
export function fileText(path: string): string {
  let bytes: Buffer
  try {
    if (!statSync(path).isFile()) throw new Error('it is no regular file') // a pipe would be waited for without end
    bytes = readFileSync(path)
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`)
  }
  const text = decoded(bytes)
  if (text === undefined) throw new Error(`${path}: it is not UTF-8`)
  return text
}
