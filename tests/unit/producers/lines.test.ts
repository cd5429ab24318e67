import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitLines, tooLong } from '../../../producers/lines.ts'

async function split(chunks: Iterable<Buffer>): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of splitLines(Readable.from(chunks))) lines.push(String(line))
  return lines
}

describe('lines', () => {
  it('end at a line feed and nowhere else', async () => {
    expect(await split([Buffer.from('a\u2028b\n\nc\r\nd')])).toEqual(['a\u2028b', '', 'c\r', 'd'])
    expect(await split([Buffer.from('a\n')])).toEqual(['a'])
    expect(await split([])).toEqual([])
  })

  it('are the same however the bytes come in', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '🛬', '"') })),
        cuts,
        async (lines, cuts) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
          const chunks: Buffer[] = []
          for (let at = 0; at < bytes.length; at += chunks.at(-1)!.length)
            chunks.push(bytes.subarray(at, at + cuts[chunks.length % cuts.length]!))
          expect(await split(chunks)).toEqual(lines)
        },
      ),
    )
  })

  it('that are too long are told as such, held by nobody, and do not stop the others', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    const chunks = [Buffer.from('a\n'), ...Array(40).fill(chunk), Buffer.from('\nb\n'), ...Array(17).fill(chunk)]
    expect(await split(chunks)).toEqual(['a', String(tooLong), 'b', String(tooLong)])
  })
})
