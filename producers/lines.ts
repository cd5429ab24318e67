// Bytes to lines, for NDJSON: a line ends at \n and nowhere else. (readline also ends it at U+2028, which JSON may hold.)

const newline = 0x0a
/** No record is as large as this; a file without line ends must not fill the memory. */
const maxLineBytes = 16 * 1024 * 1024

/** A line that was longer than 16 MiB: it was passed over. */
export const tooLong = Symbol('a line that is too long')

/** The lines without their ends; a last one without an end counts. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | typeof tooLong, void> {
  let begun: Buffer[] = []
  let begunBytes = 0
  const finish = (rest: Buffer): Buffer | typeof tooLong => {
    const line =
      begunBytes + rest.length > maxLineBytes ? tooLong : begun.length === 0 ? rest : Buffer.concat([...begun, rest])
    begun = []
    begunBytes = 0
    return line
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield finish(chunk.subarray(start, end))
      start = end + 1
    }
    if (start === chunk.length) continue
    begunBytes += chunk.length - start
    if (begunBytes > maxLineBytes) begun = []
    else begun.push(chunk.subarray(start))
  }
  if (begunBytes > 0) yield finish(Buffer.alloc(0))
}
