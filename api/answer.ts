// A JSON answer: written once, with its length, without what Express's own `json` would work out per answer.
import type { ServerResponse } from 'node:http'
import { securityHeaders } from './securityHeaders.ts'
import { together } from './together.ts'

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
  const encoding = bytes === text.length ? 'latin1' : 'utf8' // the same bytes where all is ASCII, and written faster
  leave({ response, text, encoding })
}

type Answer = {
  readonly response: ServerResponse
  readonly text: string | Buffer
  readonly encoding: BufferEncoding
}

const leave = together(({ response, text, encoding }: Answer) => response.end(text, encoding))
