// A line of a program's log for a person's eyes: time, event, and the fields that matter.
import { printable } from './printable.ts'

const levels: Readonly<Record<number, string>> = { 40: 'WARN ', 50: 'ERROR ' }
const hidden = new Set(['level', 'time', 'pid', 'program', 'event', 'error'])

/** The line as text, or undefined for what is not worth a person's while: debug lines. What is not JSON passes as it is. */
export function logLine(json: string): string | undefined {
  const line = parse(json)
  if (!line) return json
  const { level = 30, time = '', event = '', error } = line
  if (level < 30) return undefined
  const fields = Object.entries(line).filter(([name, value]) => !hidden.has(name) && value !== undefined)
  const shown = fields.map(
    ([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : firstLine(String(value))}`,
  )
  const why = error?.message === undefined ? [] : [`error=${firstLine(error.message)}`]
  return printable([String(time).slice(11, 23), `${levels[level] ?? ''}${event}`, ...shown, ...why].join('  '))
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

type Line = {
  readonly level?: number
  readonly time?: string
  readonly event?: string
  readonly error?: { readonly message?: string }
}

const parse = (json: string): Line | undefined => {
  try {
    const line: unknown = JSON.parse(json)
    return typeof line === 'object' && line !== null ? line : undefined
  } catch {
    return undefined // a warning of Node's, say
  }
}
