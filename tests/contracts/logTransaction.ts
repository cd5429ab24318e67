// The contract's part on transactions.
import { describe, expect, it, vi } from 'vitest'
import type { Position } from '../../kafka/log.ts'
import { FailedAppend } from '../../kafka/logErrors.ts'
import { append, type Bench, freshGroup, position, records } from './log.ts'
import { all } from './logAppending.ts'
import { testMember } from './logMember.ts'

const soon = { timeout: 10_000, interval: 20 }

export function transactionContract({ log, another, topic }: Bench): void {
  /** A broker answers a commit before its markers are everywhere. */
  const shows = (name: string, ...values: readonly string[]): Promise<void> =>
    vi.waitFor(async () => {
      const read = await all(log(), name)
      expect(read.map(({ value }) => String(value)).toSorted()).toEqual(values)
    }, soon)
  const showsPosition = (group: string, expected: Position): Promise<void> =>
    vi.waitFor(async () => {
      expect(await log().admin.committed(group, [expected.topic])).toEqual([expected])
    }, soon)

  describe('transactions', () => {
    it('commit appends and positions together, over several partitions and several times', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      const writer = await log().transaction(`${group}-0`)
      const both = (value: string) => [0, 1].map((partition) => ({ topic: name, partition, records: records(value) }))
      await writer.commit(group, both('a'), [position(name, 0, 5, 'five')])
      await writer.commit(group, both('b'), [position(name, 0, 6, 'six')])
      await shows(name, 'a', 'a', 'b', 'b')
      await showsPosition(group, position(name, 0, 6, 'six'))
      await writer.close()
    })

    it('move positions alone, or append alone', async () => {
      const [name, group] = [await topic(), freshGroup()]
      const writer = await log().transaction(`${group}-0`)
      await writer.commit(group, [], [position(name, 0, 1)])
      await writer.commit(group, [{ topic: name, partition: 0, records: records('x') }], [])
      await showsPosition(group, position(name, 0, 1))
      await shows(name, 'x')
      await writer.close()
    })

    it('leave nothing behind when one append fails, and the owner is of no use any more', async () => {
      const [name, group] = [await topic(2, { 'max.message.bytes': '2000' }), freshGroup()]
      const writer = await log().transaction(`${group}-0`)
      const appends = [
        { topic: name, partition: 0, records: records('fits') },
        { topic: name, partition: 1, records: records('x'.repeat(3_000)) },
      ]
      const failing = writer.commit(group, appends, [position(name, 0, 1)])
      const blamed = { topic: name, partition: 1 }
      await expect(failing).rejects.toMatchObject({ code: 'record-too-large', to: blamed, all: [blamed] })
      await expect(failing).rejects.toBeInstanceOf(FailedAppend)
      await expect(writer.commit(group, [], [position(name, 0, 2)])).rejects.toMatchObject({ code: 'closed' })
      await writer.close()
      const next = await log().transaction(`${group}-0`)
      expect(await all(log(), name)).toEqual([])
      expect(await log().admin.committed(group, [name])).toEqual([])
      await next.commit(group, [{ topic: name, partition: 0, records: records('again') }], [position(name, 0, 1)])
      await shows(name, 'again')
      await next.close()
    })

    it('tell of a partition that is not there, and append nothing beside it', async () => {
      const [name, group] = [await topic(1), freshGroup()]
      const writer = await log().transaction(`${group}-0`)
      const appends = [0, 1].map((partition) => ({ topic: name, partition, records: records('x') }))
      const failing = writer.commit(group, appends, [position(name, 0, 1)])
      const to = { topic: name, partition: 1 }
      await expect(failing).rejects.toMatchObject({ code: 'unknown-topic', retriable: false, to, isOfPlace: true })
      await writer.close()
      const next = await log().transaction(`${group}-0`)
      expect(await all(log(), name)).toEqual([])
      await next.close()
    })

    it('append to one partition several times, in order', async () => {
      const [name, group] = [await topic(1), freshGroup()]
      const writer = await log().transaction(`${group}-0`)
      const appends = ['a', 'b', 'c'].map((value) => ({ topic: name, partition: 0, records: records(value) }))
      await writer.commit(group, appends, [])
      await writer.commit(group, [{ topic: name, partition: 0, records: records('d') }], [])
      await shows(name, 'a', 'b', 'c', 'd')
      expect((await all(log(), name)).map(({ value }) => String(value))).toEqual(['a', 'b', 'c', 'd'])
      await writer.close()
    })

    it('are refused to an owner that a newer one has fenced', async () => {
      const [name, group] = [await topic(), freshGroup()]
      const old = await log().transaction(`${group}-0`)
      await old.commit(group, [{ topic: name, partition: 0, records: records('old') }], [position(name, 0, 1)])
      const young = await another().transaction(`${group}-0`)
      const late = old.commit(group, [{ topic: name, partition: 0, records: records('late') }], [position(name, 0, 9)])
      await expect(late).rejects.toMatchObject({ code: 'fenced' })
      await young.commit(group, [{ topic: name, partition: 0, records: records('young') }], [position(name, 0, 2)])
      await shows(name, 'old', 'young')
      await showsPosition(group, position(name, 0, 2))
      await Promise.all([old.close(), young.close()])
    })

    it('let a member pass their markers: its next offset reaches the partition’s end', async () => {
      const [name, group] = [await topic(), freshGroup()]
      const writer = await log().transaction(`${group}-0`)
      await writer.commit(`${group}.other`, [{ topic: name, partition: 0, records: records('x') }], [])
      await writer.close()
      await shows(name, 'x')
      const [{ high } = { high: 0n }] = await log().admin.offsets(name)
      const member = testMember(log(), group, [name])
      await member.membership.start()
      await vi.waitFor(() => expect(member.batches.at(-1)?.nextOffset).toBe(high), soon)
      await append(log(), name, 0, 'y')
      await vi.waitFor(() => expect(member.values()).toEqual(['x', 'y']), soon)
      await member.membership.leave()
    })
  })
}
