// What of the JSON that one type has another takes, as json/scalar.ts reads it: what is text in JSON is often taken for what it
// was not meant to be. tests/unit/schemas/gate/jsonTaking.test.ts holds it against the API's parser.
import type { Shape } from '../avro/avro.ts'
import { expected } from '../json/scalar.ts'

/**
 * `same`: all of it, as what it is; `as text`: all of it, as the text that stands for it; `some`: what happens to fit, if
 * anything does; `none`: nothing.
 */
export type Taking = 'same' | 'as text' | 'some' | 'none'

/** `isInput`: clients may write numbers where the platform writes text; who receives is known to take what was sent so far. */
export function takingOf(read: Shape, written: Shape, isInput: boolean): Taking {
  if (isWithin(read, written) || accepted(isInput)[read.kind]?.includes(written.kind)) return 'same'
  if (read.kind === 'fixed' && written.kind === 'fixed') return 'none'
  const sorts = sortsOf(written, isInput)
  if (!sorts.some((sort) => sortsOf(read, isInput).includes(sort))) return 'none'
  return read.kind === 'string' && sorts.every((sort) => sort === 'text') ? 'as text' : 'some'
}

/** Of one kind, and no longer than the other takes. */
function isWithin(read: Shape, written: Shape): boolean {
  if (read.kind === 'fixed' && written.kind === 'fixed') return read.size === written.size
  if (read.kind !== 'decimal' || written.kind !== 'decimal') return read.kind === written.kind
  const before = ({ precision, scale }: Decimal): number => precision - scale
  return written.scale <= read.scale && before(written) <= before(read)
}

type Decimal = Extract<Shape, { kind: 'decimal' }>

/** What takes the JSON of other kinds as it is. The API takes times as numbers too; who receives them is not known to. */
const accepted = (isInput: boolean): Readonly<Record<string, readonly string[]>> => ({
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  string: ['enum'],
  bytes: ['fixed'],
  bigint: isInput ? ['int', 'long'] : [],
  'timestamp-millis': ['timestamp-micros', ...(isInput ? ['int', 'long'] : [])],
  'timestamp-micros': ['timestamp-millis', ...(isInput ? ['int', 'long'] : [])],
})

type JsonSort = 'number' | 'text' | 'object' | Shape['kind']

/** Text of a float is "NaN" and its like. */
function sortsOf({ kind }: Shape, isInput: boolean): readonly JsonSort[] {
  switch (kind) {
    case 'int':
    case 'long':
      return ['number']
    case 'float':
    case 'double':
      return ['number', 'text']
    case 'bigint':
    case 'timestamp-millis':
    case 'timestamp-micros':
      return isInput ? ['number', 'text'] : ['text']
    case 'string':
    case 'enum':
    case 'bytes':
    case 'fixed':
    case 'decimal':
      return ['text']
    case 'record':
    case 'map':
      return ['object']
    default:
      return [kind]
  }
}

/** What JSON is taken for one, in words that follow "where it is". */
export const fitting = (shape: Shape): string =>
  shape.kind === 'float' || shape.kind === 'double'
    ? `${expected(shape)}, or "NaN" or an infinity in a string`
    : expected(shape)

/** What lies in the text that stands for one. */
export function textOf({ kind }: Shape): string {
  switch (kind) {
    case 'bytes':
    case 'fixed':
      return 'that of base64'
    case 'timestamp-millis':
    case 'timestamp-micros':
      return 'that of a time'
    default:
      return 'that of a number'
  }
}
