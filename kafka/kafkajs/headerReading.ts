// Headers of records as kafkajs reads them. For each header it copies all that came before into a new object: a letter with
// twenty of them took longer than all else that is done to it. Here they go into the port's Map, each once, so that those named
// like a property of every object (facts A13) are headers like all others.
import { createRequire } from 'node:module'
import type { Headers } from '../log.ts'

type Decoder = { readVarInt(): number; readVarIntArray(reader: (decoder: Decoder) => unknown): unknown }
type Header = { readonly key: string; readonly value: Buffer | null }

const none: Headers = new Map()

/** Teaches kafkajs; for the whole process, and as often as one likes. Nothing but headers is read by what is replaced. */
export function readHeadersOnce(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/protocol/decoder') as { prototype: Decoder }
  prototype.readVarIntArray = function (reader) {
    const headers = headersOf(this, reader as (decoder: Decoder) => Header)
    return { reduce: () => headers }
  }
}

function headersOf(decoder: Decoder, reader: (decoder: Decoder) => Header): Headers {
  const count = decoder.readVarInt()
  if (count <= 0) return none
  const headers = new Map<string, readonly Buffer[]>()
  for (let left = count; left > 0; left -= 1) {
    const { key, value } = reader(decoder)
    if (value === null) continue // which the port does not know
    const before = headers.get(key)
    headers.set(key, before ? [...before, value] : [value])
  }
  return headers
}
