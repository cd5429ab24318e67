// How the Avro body of a value is read with another schema than it was written with. A record is resolved to the reader's by
// Avro's rules, as avsc has them. Bytes are not believed: whatever they hold ends as a value or as `undecodable` (I4).
import { type Resolver, type Type, undecodable } from './avro.ts'

/** Reads a body that goes from `start` to the end. Throws `undecodable`. */
export type ReadBody = (bytes: Buffer, start: number) => unknown

/** How `reader` reads what `writer` has written. Throws where it cannot read anything of it. */
export function bodyReader(reader: Type, writer: Type): ReadBody {
  const resolver = reader.equals(writer) ? undefined : resolverOf(reader, writer)
  return (bytes, start) => {
    const read = decodeAt(bytes, start, reader, resolver)
    if (read.offset === bytes.length) return read.value
    throw undecodable(
      read.offset < 0 ? 'the record is truncated' : `${bytes.length - read.offset} bytes follow the record`,
    )
  }
}

/** Records have the same name or an alias; if not, the same without namespaces, as Avro's rules of resolution allow. */
export function resolverOf(reader: Type, writer: Type): Resolver {
  try {
    return reader.createResolver(writer)
  } catch {
    return reader.createResolver(writer, { ignoreNamespaces: true })
  }
}

const decodeAt = (bytes: Buffer, start: number, reader: Type, resolver: Resolver | undefined) => {
  try {
    return reader.decode(bytes, start, resolver)
  } catch (cause) {
    throw undecodable(`the bytes are no ${reader.name}: ${(cause as Error).message}`, cause)
  }
}
