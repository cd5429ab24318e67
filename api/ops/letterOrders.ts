// What an operator orders of dead letters over HTTP: a query or a body, checked whole, so that one answer tells every problem.
import type { LetterState } from '../../consumers/letters/letter.ts'
import type { LetterFilter } from '../../consumers/letters/letterFilter.ts'
import { momentForms, momentMs } from '../../process/moment.ts'
import { type Fault, invalid, isObject, unknownProperties } from '../faults.ts'
import { Problem } from '../problems.ts'

export type ListOrder = {
  readonly filter: LetterFilter
  readonly limit: number
  readonly state: LetterState
}

export type RedriveOrder = {
  readonly filter: LetterFilter
  readonly dryRun: boolean
  readonly first?: number
  readonly perSecond?: number
  readonly edited?: { readonly id: string; readonly value: unknown }
}

export type SkipOrder = Pick<RedriveOrder, 'filter' | 'dryRun'>

export const states = ['open', 'redriven', 'skipped', 'parked'] as const satisfies readonly LetterState[]
export const maxListed = 1_000
const usuallyListed = 20
const maxTrials = 1_000
const maxPerSecond = 100_000
const maxTextLength = 1_000

const filterNames = ['code', 'key', 'since', 'until', 'id', 'text'] as const

/** Of a query. Throws `malformed-request` with every fault. */
export function readListOrder(query: unknown, nowMs: number): ListOrder {
  const given = Object(query) as Given
  const faults = unknownProperties(given, new Set([...filterNames, 'limit', 'state']), '')
  const filter = filterOf(given, '', nowMs, faults)
  const { limit = String(usuallyListed), state = 'open' } = given
  if (!(typeof limit === 'string' && /^\d{1,4}$/.test(limit) && Number(limit) <= maxListed))
    faults.push({ pointer: '/limit', message: `must be a whole number from 0 to ${maxListed}` })
  if (!isState(state)) faults.push({ pointer: '/state', message: `must be one of ${states.join(', ')}` })
  if (faults.length === 0) return { filter, limit: Number(limit), state: state as LetterState }
  throw new Problem('malformed-request', 'See the errors in the query.', {
    members: { errors: faults.map(({ pointer, message }) => ({ parameter: pointer.slice(1), message })) },
  })
}

/** Of a body. Throws `invalid-request` with every fault. */
export function readRedriveOrder(body: unknown, nowMs: number): RedriveOrder {
  const { given, faults, filter, dryRun } = readOrder(body, ['first', 'perSecond', 'edited'], nowMs)
  const first = wholeIn(given, 'first', maxTrials, faults)
  const perSecond = wholeIn(given, 'perSecond', maxPerSecond, faults)
  const edited = editedIn(given, faults)
  refuseIf(faults)
  return {
    filter,
    dryRun,
    ...(first !== undefined && { first }),
    ...(perSecond !== undefined && { perSecond }),
    ...(edited !== undefined && { edited }),
  }
}

/** Of a body. Throws `invalid-request` with every fault. */
export function readSkipOrder(body: unknown, nowMs: number): SkipOrder {
  const { faults, filter, dryRun } = readOrder(body, [], nowMs)
  refuseIf(faults)
  return { filter, dryRun }
}

type Given = Readonly<Record<string, unknown>>

/** What both orders have. An order for all letters must say so: a filter that was forgotten must not be one. */
function readOrder(body: unknown, more: readonly string[], nowMs: number) {
  if (!isObject(body)) throw invalid([{ pointer: '', message: 'must be an object with "filter", or "all": true' }])
  const faults = unknownProperties(body, new Set(['filter', 'all', 'dryRun', ...more]), '')
  const { filter: given = {}, all = false, dryRun = false } = body
  for (const [name, value] of Object.entries({ all, dryRun }))
    if (typeof value !== 'boolean') faults.push({ pointer: `/${name}`, message: 'must be true or false' })
  if (!isObject(given)) faults.push({ pointer: '/filter', message: 'must be an object' })
  const filtered = isObject(given) ? given : {}
  faults.push(...unknownProperties(filtered, new Set(filterNames), '/filter'))
  const filter = filterOf(filtered, '/filter', nowMs, faults)
  const isFiltered = Object.keys(filtered).length > 0
  if (isObject(given) && isFiltered === (all === true))
    faults.push(
      isFiltered
        ? { pointer: '/all', message: 'goes without a filter' }
        : { pointer: '/filter', message: 'must have a member; for all open letters send "all": true instead' },
    )
  return { given: body, faults, filter, dryRun: dryRun === true }
}

function filterOf(given: Given, pointer: string, nowMs: number, faults: Fault[]): LetterFilter {
  const filter: { -readonly [Name in keyof LetterFilter]: LetterFilter[Name] } = {}
  for (const name of ['code', 'key', 'id', 'text'] as const) {
    const text = given[name]
    if (text === undefined) continue
    if (typeof text === 'string' && text !== '' && text.length <= maxTextLength) filter[name] = text
    else faults.push({ pointer: `${pointer}/${name}`, message: `must be a text of 1 to ${maxTextLength} characters` })
  }
  for (const [name, bound] of [
    ['since', 'sinceMs'],
    ['until', 'untilMs'],
  ] as const) {
    const text = given[name]
    if (text === undefined) continue
    const atMs = typeof text === 'string' ? momentMs(text, nowMs) : undefined
    if (atMs === undefined) faults.push({ pointer: `${pointer}/${name}`, message: `must be ${momentForms}` })
    else filter[bound] = atMs
  }
  return filter
}

function wholeIn(given: Given, name: string, most: number, faults: Fault[]): number | undefined {
  const value = given[name]
  if (value === undefined || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most))
    return value as number | undefined
  faults.push({ pointer: `/${name}`, message: `must be a whole number from 1 to ${most}` })
  return undefined
}

function editedIn({ edited, filter }: Given, faults: Fault[]): RedriveOrder['edited'] {
  if (edited === undefined) return undefined
  if (!isObject(edited)) {
    faults.push({ pointer: '/edited', message: 'must be an object with "id" and "value"' })
    return undefined
  }
  faults.push(...unknownProperties(edited, new Set(['id', 'value']), '/edited'))
  const { id, value } = edited
  if (typeof id !== 'string' || id === '') faults.push({ pointer: '/edited/id', message: "must be the letter's id" })
  else if (Object(filter).id !== id)
    faults.push({ pointer: '/filter/id', message: 'must be the id of the letter that is edited' })
  if (value === undefined) faults.push({ pointer: '/edited/value', message: 'is missing' })
  return { id: String(id), value }
}

const isState = (given: unknown): given is LetterState => states.some((state) => state === given)

function refuseIf(faults: readonly Fault[]): void {
  if (faults.length > 0) throw invalid(faults)
}
