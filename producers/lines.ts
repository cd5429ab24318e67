// Bytes to lines, for NDJSON: a line ends at \n and nowhere else. (readline also ends it at U+2028, which JSON may hold.)
import { ErrandError } from '../app/errors.ts'

const newline = 0x0a
/** No record is as large as this; a file without line ends must not fill the memory. */
const maxLineBytes = 16 * 1024 * 1024

/** The lines without their ends; a last one without an end counts. Throws `line-too-long` beyond 16 MiB. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let begun: Buffer[] = []
  let begunBytes = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const rest = chunk.subarray(start, end)
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest])
      begun = []
      begunBytes = 0
      start = end + 1
    }
    if (start === chunk.length) continue
    begun.push(chunk.subarray(start))
    begunBytes += chunk.length - start
    if (begunBytes > maxLineBytes) throw new ErrandError('line-too-long', `a line is longer than ${maxLineBytes} bytes`)
  }
  if (begun.length > 0) yield Buffer.concat(begun)
}
