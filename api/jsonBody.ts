// The body of a request: read once, inflated within the limit, and parsed once into plain JSON. What cannot be is refused
// before anything is queued: no application/json or no UTF-8, too large, not JSON, nested too deep.
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { raw } from 'express'
import { Problem } from './problems.ts'

/** RFC 8259 §9 lets a parser limit depth. Recursive schemas are walked recursively, so the stack needs one. */
export const maxDepth = 64

const json = /^application\/json *(?:; *charset="?utf-8"? *)?$/i

/**
 * Reads a body and parses it. Rejects with a `Problem`, or what Express' reader says. Of who left before its end nobody waits
 * for an answer: a plain body then never ends, any other rejects.
 */
export type ReadJson = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>

/**
 * Makes a reader of bodies of at most `maxBytes`, counted after inflating (gzip, deflate, br, zstd); a body beyond it is read
 * off and thrown away, so that the client gets to see the answer.
 */
export function jsonBody(maxBytes: number): ReadJson {
  const readAny = anyBody(maxBytes)
  return async (request, response) => {
    const { 'content-type': type = '', 'content-length': length, 'content-encoding': encoding } = request.headers
    if (!json.test(type))
      throw new Problem('unsupported-media-type', 'Send "Content-Type: application/json".', {
        headers: { 'accept-post': 'application/json' },
      })
    const isPlain = encoding === undefined && Number(length) <= maxBytes
    return parseBody(await (isPlain ? plainBody(request) : readAny(request, response)))
  }
}

/**
 * A body as it mostly comes: not compressed, its length said, within the limit. Express' reader, which takes any kind, costs
 * more than all checks of a request together.
 */
const plainBody = (request: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
  })

/** What Express' reader leaves. */
type Read = IncomingMessage & { readonly body?: Buffer }

/** All others; undefined where there is none. */
function anyBody(
  maxBytes: number,
): (request: IncomingMessage, response: ServerResponse) => Promise<Buffer | undefined> {
  const middleware = raw({ type: () => true, limit: maxBytes })
  return (request, response) =>
    new Promise((resolve, reject) => {
      middleware(request, response, (error?: unknown) => (error ? reject(error) : resolve((request as Read).body)))
    })
}

/** JSON from bytes (`undefined`: there was no body). Throws `malformed-json`. `__proto__` is a property like any other. */
export function parseBody(bytes: Buffer | undefined): unknown {
  if (!bytes || bytes.length === 0) throw new Problem('malformed-json', 'The body is empty.')
  if (!isUtf8(bytes)) throw new Problem('malformed-json', 'The body is not UTF-8.')
  if (isTooDeep(bytes)) throw new Problem('malformed-json', `The body is nested deeper than ${maxDepth} levels.`)
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new Problem('malformed-json', 'The body cannot be parsed as JSON.', { cause })
  }
}

const quote = 0x22
const backslash = 0x5c
/** By byte: +1 for what opens an array or object, −1 for what closes one. */
const nesting = Int8Array.from({ length: 256 }, (_, byte) =>
  '[{'.includes(String.fromCharCode(byte)) ? 1 : ']}'.includes(String.fromCharCode(byte)) ? -1 : 0,
)

/** Counts brackets outside strings. Bytes will do: in UTF-8 no byte of a longer character looks like one of them. */
function isTooDeep(bytes: Buffer): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < bytes.length && depth <= maxDepth; index++) {
    const byte = bytes[index]!
    if (byte === quote) inString = !inString
    else if (!inString) depth += nesting[byte]!
    else if (byte === backslash) index++
  }
  return depth > maxDepth
}
