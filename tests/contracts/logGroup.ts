// The contract's part on groups: sharing, generations, commits, pausing and seeking.
import { describe, expect, it, vi } from 'vitest'
import { append, type Bench, freshGroup, position } from './log.ts'
import { dealer, type TestMember, testMember } from './logMember.ts'

const soon = { timeout: 15_000, interval: 20 }
const until = (check: () => void | Promise<void>): Promise<void> => vi.waitFor(check, soon)
const share = (topic: string, ...members: readonly TestMember[]): readonly number[] =>
  members.flatMap((member) => member.owned(topic)).toSorted()

export function groupContract({ log, another, topic }: Bench): void {
  describe('sharing', () => {
    it('gives one member everything, two a share each, and the rest takes over when one leaves', async () => {
      const [name, group] = [await topic(4), freshGroup()]
      const [one, two] = [testMember(log(), group, [name]), testMember(another(), group, [name])]
      await one.membership.start()
      expect(one.owned(name)).toEqual([0, 1, 2, 3])
      await two.membership.start()
      await until(() => expect(one.owned(name)).toHaveLength(2))
      expect(share(name, one, two)).toEqual([0, 1, 2, 3])
      for (const partition of [0, 1, 2, 3]) await append(log(), name, partition, `${partition}`)
      for (const member of [one, two])
        await until(() => expect(member.values().toSorted()).toEqual(member.owned(name).map(String)))
      await one.membership.leave()
      await until(() => expect(two.owned(name)).toEqual([0, 1, 2, 3]))
      await until(() => expect(new Set(two.values())).toEqual(new Set(['0', '1', '2', '3'])))
      await two.membership.leave()
    })

    it('tells the assigner every member’s topics and data, and the partition count of each topic', async () => {
      const [some, other, group] = [await topic(2), await topic(3), freshGroup()]
      const told: unknown[] = []
      const assigner = {
        ...dealer,
        assign: ((members, partitions) => {
          told.push([members.map(({ topics, userData }) => [topics.toSorted(), String(userData)]), [...partitions]])
          return dealer.assign(members, partitions)
        }) satisfies typeof dealer.assign,
      }
      const member = testMember(log(), group, [some, other], { assigner })
      await member.membership.start()
      const sorted = [some, other].toSorted()
      const counts = expect.arrayContaining([
        [some, 2],
        [other, 3],
      ])
      expect(told.at(-1)).toEqual([[[sorted, 'hello']], counts])
      expect([member.owned(some), member.owned(other)]).toEqual([
        [0, 1],
        [0, 1, 2],
      ])
      await member.membership.leave()
    })

    it('keeps a member’s id through a rebalance, and calls nothing back after it has left', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      const [one, two] = [testMember(log(), group, [name]), testMember(another(), group, [name])]
      await one.membership.start()
      await two.membership.start()
      await until(() => expect(one.owned(name)).toHaveLength(1))
      expect(new Set(one.joins.map(({ memberId }) => memberId)).size).toBe(1)
      const calls = one.joins.length + one.batches.length
      await one.membership.leave()
      await append(log(), name, 0, 'x')
      await append(log(), name, 1, 'y')
      await until(() => expect(new Set(two.values())).toEqual(new Set(['x', 'y']))) // what it held comes again
      expect(one.joins.length + one.batches.length).toBe(calls)
      expect([...one.failures, ...two.failures]).toEqual([])
      await two.membership.leave()
    })

    it('refuses a member that assigns by another assigner', async () => {
      const [name, group] = [await topic(), freshGroup()]
      const one = testMember(log(), group, [name])
      await one.membership.start()
      const two = testMember(another(), group, [name], { assigner: { ...dealer, name: 'other' } })
      await expect(two.membership.start()).rejects.toMatchObject({ code: 'inconsistent-assigner' })
      expect(two.failures).toEqual([])
      await one.membership.leave()
    })

    it('refuses a topic that is not there', async () => {
      const member = testMember(log(), freshGroup(), [`${await topic()}.missing`])
      await expect(member.membership.start()).rejects.toMatchObject({ code: 'unknown-topic' })
      await member.membership.leave()
    })
  })

  describe('committing', () => {
    it('is possible on a topic without records, keeps the metadata, and is seen by the admin', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      const member = testMember(log(), group, [name])
      await member.membership.start()
      await member.membership.commit([position(name, 1, 0, 'nothing yet ✓')])
      expect(await log().admin.committed(group, [name])).toEqual([position(name, 1, 0, 'nothing yet ✓')])
      expect(await log().admin.committed(group, [])).toEqual([])
      expect(await log().admin.committed(freshGroup(), [name])).toEqual([])
      await member.membership.leave()
    })

    it('takes 4,096 bytes of metadata and refuses more', async () => {
      const [name, group] = [await topic(), freshGroup()]
      const member = testMember(log(), group, [name])
      await member.membership.start()
      await member.membership.commit([position(name, 0, 0, 'x'.repeat(4_096))])
      const tooMuch = member.membership.commit([position(name, 0, 0, 'x'.repeat(4_097))])
      await expect(tooMuch).rejects.toMatchObject({ code: 'metadata-too-large' })
      await member.membership.leave()
    })

    it('is where the next member begins', async () => {
      const [name, group] = [await topic(), freshGroup()]
      await append(log(), name, 0, 'a', 'b', 'c')
      const one = testMember(log(), group, [name])
      await one.membership.start()
      await until(() => expect(one.values()).toEqual(['a', 'b', 'c']))
      await one.membership.commit([position(name, 0, 2)])
      await one.membership.leave()
      const two = testMember(another(), group, [name])
      await two.membership.start()
      await until(() => expect(two.values()).toEqual(['c']))
      await two.membership.leave()
    })

    it('is refused before the start and after leaving', async () => {
      const [name, group] = [await topic(), freshGroup()]
      const { membership } = testMember(log(), group, [name])
      await expect(membership.commit([position(name, 0, 1)])).rejects.toMatchObject({ code: 'commit-refused' })
      await membership.start()
      await membership.leave()
      await expect(membership.commit([position(name, 0, 1)])).rejects.toMatchObject({ code: 'commit-refused' })
      expect(await log().admin.committed(group, [name])).toEqual([])
    })

    it('lands when it is asked for as a rebalance begins', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      await append(log(), name, 0, 'a', 'b') // a position beyond the end would be reset
      const commits: Promise<void>[] = []
      const one = testMember(log(), group, [name], {
        onRebalancing: () => void commits.push(one.membership.commit([position(name, 0, 2)])),
      })
      await one.membership.start()
      const comeAndGo = async (): Promise<void> => {
        const two = testMember(another(), group, [name])
        await two.membership.start()
        await two.membership.leave()
      }
      while (commits.length === 0) await comeAndGo() // not every rebalance is announced
      await Promise.all(commits)
      expect(await log().admin.committed(group, [name])).toEqual([position(name, 0, 2)])
      await one.membership.leave()
    })

    it('is possible in the new generation before any record has come', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      const [one, two] = [testMember(log(), group, [name]), testMember(another(), group, [name])]
      await one.membership.start()
      await two.membership.start()
      await until(() => expect(one.owned(name)).toHaveLength(1))
      const [mine = -1] = one.owned(name)
      await until(() => one.membership.commit([position(name, mine, 0, 'again')]))
      expect(await log().admin.committed(group, [name])).toEqual([position(name, mine, 0, 'again')])
      await Promise.all([one.membership.leave(), two.membership.leave()])
    })
  })

  describe('fetching', () => {
    it('begins anew at the committed offset after a rebalance, unless sought in onJoined', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      for (const partition of [0, 1]) await append(log(), name, partition, `${partition}a`, `${partition}b`)
      const plain = testMember(log(), group, [name])
      const seeking = testMember(another(), group, [name], {
        onJoined: ({ assignment }) => {
          for (const partition of assignment.get(name) ?? [])
            if (seeking.values().includes(`${partition}b`)) seeking.membership.seek({ topic: name, partition }, 2n)
        },
      })
      await plain.membership.start()
      await until(() => expect(plain.values()).toHaveLength(4))
      await seeking.membership.start()
      await until(() => expect(seeking.values()).toHaveLength(2))
      const [kept] = plain.owned(name)
      await until(() => expect(plain.values().slice(4)).toEqual([`${kept}a`, `${kept}b`]))
      const [mine] = seeking.owned(name)
      await plain.membership.leave()
      await until(() => expect(seeking.values()).toHaveLength(4))
      await append(log(), name, mine ?? 0, 'c')
      await until(() => expect(seeking.values()).toContain('c'))
      expect(seeking.values().filter((value) => value.startsWith(`${mine}`))).toEqual([`${mine}a`, `${mine}b`])
      await seeking.membership.leave()
    })

    it('stands still where paused in onJoined, and goes on from there when resumed', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      const paused = { topic: name, partition: 0 }
      const member = testMember(log(), group, [name], { onJoined: () => member.membership.pause([paused]) })
      await append(log(), name, 0, 'a')
      await append(log(), name, 1, 'b')
      await member.membership.start()
      await until(() => expect(member.values()).toEqual(['b']))
      await append(log(), name, 1, 'c')
      await until(() => expect(member.values()).toEqual(['b', 'c']))
      member.membership.resume([paused])
      await until(() => expect(member.values()).toEqual(['b', 'c', 'a']))
      await member.membership.leave()
    })

    it('ends for good when a callback throws, and the others take over', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      const one = testMember(log(), group, [name], {
        onRecords: () => {
          throw new Error('a bug')
        },
      })
      const two = testMember(another(), group, [name])
      await one.membership.start()
      await two.membership.start()
      await append(log(), name, 0, 'a')
      await append(log(), name, 1, 'b')
      await until(() => expect(one.failures).toMatchObject([{ message: 'a bug' }]))
      await until(() => expect(new Set(two.values())).toEqual(new Set(['a', 'b'])))
      await expect(one.membership.commit([position(name, 0, 1)])).rejects.toMatchObject({ code: 'commit-refused' })
      await two.membership.leave()
    })

    it('goes where it is sought, forwards and back', async () => {
      const [name, group] = [await topic(), freshGroup()]
      await append(log(), name, 0, 'a', 'b', 'c')
      const to = { topic: name, partition: 0 }
      const member = testMember(log(), group, [name], { onJoined: () => member.membership.seek(to, 2n) })
      await member.membership.start()
      await until(() => expect(member.values()).toEqual(['c']))
      member.membership.seek(to, 1n)
      await until(() => expect(member.values()).toEqual(['c', 'b', 'c']))
      await member.membership.leave()
    })
  })
}
