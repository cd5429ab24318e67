// What a record costs in memory, for every bound that counts bytes.
import type { NewRecord } from './log.ts'

/** What a record costs beside its bytes: framing in a request, and the objects that carry it. */
const overheadBytes = 256

/** Key, value and headers: a bound that left out headers would bound nothing. */
export function recordBytes({ key, value, headers }: NewRecord): number {
  let bytes = overheadBytes + (key?.length ?? 0) + (value?.length ?? 0)
  if (headers.size > 0)
    for (const [name, values] of headers) for (const each of values) bytes += name.length + each.length
  return bytes
}
