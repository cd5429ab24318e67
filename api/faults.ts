// What is wrong with a body, told all at once: each fault by a pointer into it.
import { Problem } from './problems.ts'

/** `pointer` is a JSON pointer (RFC 6901) into the body; a property that is missing is pointed at where it belongs. */
export type Fault = { readonly pointer: string; readonly message: string }

/** Faults told in one answer: a body of half a megabyte can hold a hundred thousand. */
const maxFaults = 100

export const invalid = (faults: readonly Fault[]): Problem =>
  new Problem(
    'invalid-request',
    faults.length > maxFaults ? `The first ${maxFaults} of ${faults.length} errors are listed.` : 'See the errors.',
    { members: { errors: faults.slice(0, maxFaults) } },
  )

export const isObject = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null && !Array.isArray(given)

/** Of the properties of what lies at `pointer`, those that nobody knows. */
export const unknownProperties = (object: object, known: ReadonlySet<string>, pointer: string): Fault[] =>
  Object.keys(object)
    .filter((property) => !known.has(property))
    .map((property) => ({ pointer: `${pointer}/${escaped(property)}`, message: 'is not a property of it' }))

const escaped = (property: string): string => property.replaceAll('~', '~0').replaceAll('/', '~1')
