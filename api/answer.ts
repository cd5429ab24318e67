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
  response.writeHead(status, {
    ...securityHeaders,
    'cache-control': 'private, no-cache',
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
