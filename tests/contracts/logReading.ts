// The contract's part on reading outside any group.
import { describe, expect, it, vi } from 'vitest'
import { append, type Bench } from './log.ts'
import { all } from './logAppending.ts'

const texts = (records: readonly { readonly value: Buffer | null }[]): string[] =>
  records.map(({ value }) => String(value))

export function readingContract({ log, another, topic }: Bench): void {
  describe('reading', () => {
    it('reads every partition to the end that it had at the start, empty ones too', async () => {
      const name = await topic(3)
      await append(log(), name, 0, 'a', 'b')
      await append(log(), name, 2, 'c')
      const seen: string[] = []
      for await (const { value } of log().read(name, { from: 'earliest' })) {
        if (seen.length === 0) await append(log(), name, 1, 'later')
        seen.push(String(value))
      }
      expect(seen.toSorted()).toEqual(['a', 'b', 'c'])
    })

    it('ends at once on an empty topic', async () => {
      expect(await all(log(), await topic(2))).toEqual([])
    })

    it('begins at `from`, stops before `until`, and leaves out the partitions that `from` does not name', async () => {
      const name = await topic(2)
      await append(log(), name, 0, 'a', 'b', 'c', 'd')
      await append(log(), name, 1, 'e')
      const from = new Map([[0, 1n]])
      expect(texts(await all(log(), name, { from, until: new Map([[0, 3n]]) }))).toEqual(['b', 'c'])
      expect(texts(await all(log(), name, { from }))).toEqual(['b', 'c', 'd'])
      expect(await all(log(), name, { from: new Map([[0, 4n]]) })).toEqual([])
      expect(await all(log(), name, { from: new Map() })).toEqual([])
    })

    it('finds where a time begins in each partition, and the end where nothing is so late', async () => {
      const name = await topic(3)
      const { admin } = log()
      await append(log(), name, 0, 'a')
      const [{ timestampMs: firstMs } = { timestampMs: 0 }] = await all(log(), name)
      await vi.waitUntil(() => Date.now() > firstMs)
      await append(log(), name, 0, 'b')
      await append(log(), name, 1, 'c')
      const expected = (...offsets: readonly bigint[]) => new Map(offsets.entries())
      expect(await admin.offsetsAt(name, firstMs)).toEqual(expected(0n, 0n, 0n))
      expect(await admin.offsetsAt(name, firstMs + 1)).toEqual(expected(1n, 0n, 0n))
      const afterAll = await admin.offsetsAt(name, Date.now() + 60_000)
      expect(afterAll).toEqual(expected(2n, 1n, 0n))
      expect(await all(log(), name, { from: afterAll })).toEqual([])
      await expect(admin.offsetsAt(`${name}.missing`, firstMs)).rejects.toMatchObject({ code: 'unknown-topic' })
    })

    it('goes on for ever where asked to, until its signal aborts', async () => {
      const name = await topic()
      await append(log(), name, 0, 'a')
      const stop = new AbortController()
      const seen: string[] = []
      const reading = (async () => {
        for await (const { value } of log().read(name, { from: 'earliest', until: 'never', signal: stop.signal })) {
          seen.push(String(value))
          if (seen.length === 1) await append(log(), name, 0, 'b')
          if (seen.length === 2) setTimeout(() => stop.abort(new Error('enough')), 10)
        }
      })()
      await expect(reading).rejects.toThrow('enough')
      expect(seen).toEqual(['a', 'b'])
    })

    it('ends with an error when its log is closed', async () => {
      const name = await topic()
      await append(log(), name, 0, 'a')
      const other = another()
      const reading = (async () => {
        for await (const _ of other.read(name, { from: 'earliest', until: 'never' })) void other.close()
      })()
      await expect(reading).rejects.toMatchObject({ code: 'closed' })
    })

    it('refuses to begin beyond the end', async () => {
      const name = await topic()
      await append(log(), name, 0, 'a')
      const reading = all(log(), name, { from: new Map([[0, 5n]]), until: 'never' })
      await expect(reading).rejects.toMatchObject({ code: 'offset-out-of-range' })
    })

    it('can be left in the middle', async () => {
      const name = await topic()
      await append(log(), name, 0, 'a', 'b', 'c')
      for await (const { value } of log().read(name, { from: 'earliest', until: 'never' })) {
        if (String(value) === 'b') break
      }
    })

    it('reads more than one fetch, in order, for a reader that is slow', async () => {
      const name = await topic()
      for (let batch = 0; batch < 6; batch++)
        await append(log(), name, 0, ...Array.from({ length: 400 }, (_, index) => `${batch * 400 + index}`))
      const seen: number[] = []
      for await (const { value } of log().read(name, { from: 'earliest' })) {
        seen.push(Number(value))
        if (seen.length % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      }
      expect(seen).toEqual(Array.from({ length: 2_400 }, (_, index) => index))
    })

    it('refuses a topic that is not there', async () => {
      await expect(all(log(), `${await topic()}.missing`)).rejects.toMatchObject({ code: 'unknown-topic' })
    })
  })
}
