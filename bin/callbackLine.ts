// A received callback for a person's eyes, and for a program's. What a sender wrote is never trusted with the terminal.
import type { ReceivedCallback } from './receiver.ts'

/** One line: when, which, what, whether it is genuine and what it was answered; below it its result or error, cut short. */
export function callbackLine({ atMs, headers, body, verification, statusCode }: ReceivedCallback): string {
  const { type, data } = said(body)
  const answer = data?.result ?? data?.error
  const parts = [
    new Date(atMs).toISOString().slice(11, 23),
    headers['webhook-id'] ?? '(no webhook-id)',
    typeof type === 'string' ? type : '(no type)',
    verification.kind === 'verified' ? 'verified' : `NOT VERIFIED (${verification.reason})`,
    `attempt ${headers['errand-attempt'] ?? '?'} of ${headers['errand-attempts'] ?? '?'}`,
    `-> ${statusCode}`,
  ]
  const line = printable(parts.join('  '))
  return answer === undefined ? line : `${line}\n    ${printable(JSON.stringify(short(answer)))}`
}

/** The same as one line of JSON, with the whole body: parsed, or as text where it is not JSON. */
export function callbackJson({ atMs, path, headers, body, verification, statusCode }: ReceivedCallback): string {
  const time = new Date(atMs).toISOString()
  return JSON.stringify({ time, path, verification, statusCode, headers, body: parse(body) ?? body.toString() })
}

type Said = { readonly type?: unknown; readonly data?: { readonly result?: unknown; readonly error?: unknown } | null }

const said = (body: Buffer): Said => {
  const parsed = parse(body)
  return typeof parsed === 'object' && parsed !== null ? parsed : {}
}

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined // anyone can post anything here
  }
}

const [longestText, longestList] = [60, 3]

/** Long strings and lists (a chart, a list of flights) by their beginning and size. */
const short = (value: unknown): unknown => {
  if (typeof value === 'string' && value.length > longestText)
    return `${value.slice(0, longestText)}… (${value.length} characters)`
  if (Array.isArray(value) && value.length > longestList)
    return [...value.slice(0, longestList).map(short), `… (${value.length} items)`]
  if (Array.isArray(value)) return value.map(short)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, short(each)]))
}

/** Without control and direction characters, which would steer the terminal. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}')
