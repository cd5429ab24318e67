// JSON whose whole numbers beyond 2^53 stay what is written: JSON.parse takes 9007199254740993 for 9007199254740992.

/** Such numbers as bigint. Throws where it is no JSON. */
export function exactJson(text: string): unknown {
  const json: unknown = JSON.parse(text)
  if (!/\d{16}/.test(text)) return json
  try {
    return JSON.parse(text, (_key, value: unknown, ...more: readonly unknown[]) => {
      if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
      const [{ source = '' }] = more as [{ readonly source?: string }] // TypeScript does not know of it yet
      return /^-?\d+$/.test(source) ? BigInt(source) : value
    })
  } catch (error) {
    if (error instanceof RangeError) return json // nested deeper than it is gone through
    throw error
  }
}
