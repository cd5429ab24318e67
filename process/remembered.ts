// What is made of the same few texts again and again, kept within a bound.

/** `make`, once a text. When `max` texts are kept all are forgotten: somebody brings ever new ones. */
export function remembered<T>(max: number, make: (text: string) => T): (text: string) => T {
  const kept = new Map<string, T>()
  return (text) => {
    const known = kept.get(text)
    if (known !== undefined) return known
    if (kept.size >= max) kept.clear()
    const made = make(text)
    kept.set(text, made)
    return made
  }
}
