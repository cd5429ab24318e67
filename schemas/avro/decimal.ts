// A decimal between text and Avro's bytes: the number without its point, in two's complement, the highest byte first.
// No floating point anywhere, so that no digit is lost or made up.

const decimal = /^-?(0|[1-9]\d*)(?:\.(\d+))?$/

export const isWithin = (value: unknown, min: number, max: number): value is number =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max

/** Of any decimal: one with more would take seconds for a number, and minutes for some. */
const mostDigits = 10_000

/** How many digits a decimal of this type may have: those that its bytes have room for, whatever they are. */
export function maxDigitsOf(type: 'bytes' | 'fixed', sizeBytes: unknown): number {
  if (type === 'bytes') return mostDigits
  const isSize = isWithin(sizeBytes, 1, Number.MAX_SAFE_INTEGER)
  return isSize ? Math.min(mostDigits, Math.floor(Math.log10(2) * (8 * sizeBytes - 1))) : 0
}

/** The bytes of the longest number of this many digits. */
const neededBytesOf = (precision: number): number => Math.ceil((precision * Math.log2(10) + 1) / 8)

const slack = 2
const leastBytes = 64

/** How many bytes are read: what other versions wrote with a larger precision, but not whatever bytes may claim. */
export const mostBytesOf = (precision: number): number => Math.max(leastBytes, slack * neededBytesOf(precision))

/** The text of a number with this many digits behind its point. */
export function decimalOf(bytes: Buffer, scale: number): string {
  const number = bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
  const digits = String(number < 0n ? -number : number).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${number < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`
}

/** The bytes of a number in text, as few as hold it, or `sizeBytes`. Undefined where it is none, or has too many digits. */
export function unscaledOf(
  text: unknown,
  { precision, scale }: { readonly precision: number; readonly scale: number },
  sizeBytes?: number,
): Buffer | undefined {
  if (typeof text !== 'string' || text.length > precision + '-0.'.length) return undefined
  const [, whole, fraction = ''] = decimal.exec(text) ?? []
  if (whole === undefined || fraction.length > scale) return undefined
  const digits = (whole + fraction.padEnd(scale, '0')).replace(/^0+(?=\d)/, '')
  if (digits.length > precision) return undefined
  const number = BigInt(text.startsWith('-') ? `-${digits}` : digits)
  const size = sizeBytes ?? sizeOf(number)
  return Buffer.from(
    BigInt.asUintN(size * 8, number)
      .toString(16)
      .padStart(size * 2, '0'),
    'hex',
  )
}

const sizeOf = (number: bigint): number => Math.floor((number < 0n ? ~number : number).toString(2).length / 8) + 1
