// Whether two decoded values are the same to a handler, though two schemas made them: classes do not count, kinds do.

/** Values as the codec makes them, without cycles; without recursion, as they may be nested as deep as their bytes allow. */
export function sameValue(one: unknown, other: unknown): boolean {
  const pairs = [[one, other]]
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [a, b] = pair
    if (Object.is(a, b)) continue
    if (!isObject(a) || !isObject(b)) return false
    const plain = isPlain(a)
    if (plain !== isPlain(b)) return false
    if (!plain) {
      if (!sameScalar(a, b)) return false
      continue
    }
    const keys = Object.keys(a)
    if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(b).length) return false
    for (const key of keys) {
      if (!Object.hasOwn(b, key)) return false
      pairs.push([a[key], b[key]])
    }
  }
  return true
}

type Values = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null

const isPlain = (value: object): boolean => !Buffer.isBuffer(value) && !(value instanceof Date)

const sameScalar = (one: unknown, other: unknown): boolean =>
  Buffer.isBuffer(one)
    ? Buffer.isBuffer(other) && one.equals(other)
    : other instanceof Date && Object.is((one as Date).getTime(), other.getTime())
