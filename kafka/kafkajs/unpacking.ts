// Output of a decompressor of the LZ77 family: bytes as they come, and copies of what came before. It grows as needed, and
// never beyond its bound: a batch of a few bytes may claim to hold anything.

export class Unpacking {
  readonly #maxBytes: number
  #bytes: Buffer
  #used = 0

  constructor({ expectedBytes, maxBytes }: { readonly expectedBytes: number; readonly maxBytes: number }) {
    this.#maxBytes = maxBytes
    this.#bytes = Buffer.allocUnsafe(Math.min(expectedBytes, maxBytes))
  }

  /** Appends `input` from `start` to `end`. Throws where it is shorter. */
  literal(input: Buffer, start: number, end: number): void {
    if (end > input.length) throw new RangeError('compressed records end too early')
    this.#reserve(end - start)
    this.#used += input.copy(this.#bytes, this.#used, start, end)
  }

  /** Appends `length` bytes from `distance` back; they may overlap with what they make. */
  copy(distance: number, length: number): void {
    if (distance < 1 || distance > this.#used) throw new RangeError('compressed records refer to what is not there')
    this.#reserve(length)
    for (let left = length; left > 0; ) {
      const part = Math.min(left, distance)
      this.#bytes.copyWithin(this.#used, this.#used - distance, this.#used - distance + part)
      this.#used += part
      left -= part
    }
  }

  whole(): Buffer {
    return this.#bytes.subarray(0, this.#used)
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes
    if (needed <= this.#bytes.length) return
    if (needed > this.#maxBytes) throw new RangeError(`compressed records hold more than ${this.#maxBytes} bytes`)
    const larger = Buffer.allocUnsafe(Math.min(this.#maxBytes, Math.max(needed, 2 * this.#bytes.length)))
    this.#bytes.copy(larger, 0, 0, this.#used)
    this.#bytes = larger
  }
}
