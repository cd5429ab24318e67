// A JSON answer: written once, with its length, without what Express's own `json` would work out per answer.
import type { ServerResponse } from 'node:http'
import { securityHeaders } from './securityHeaders.ts'

/** Sends `text`, which is JSON already. Headers that were set before go with it. */
export function sendJson(
  response: ServerResponse,
  status: 200 | 202,
  text: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.byteLength(text)
  response.writeHead(status, {
    ...securityHeaders,
    'cache-control': 'private, no-cache',
    ...headers,
    'content-type': 'application/json',
    'content-length': bytes,
  })
  response.end(text, bytes === text.length ? 'latin1' : 'utf8') // the same bytes where all is ASCII, and written faster
}
