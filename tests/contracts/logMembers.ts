// The contract's part on who is in a group, and on sharing anew.
import { describe, expect, it, vi } from 'vitest'
import type { MembershipOptions } from '../../kafka/log.ts'
import { memberClientId } from '../../kafka/memberClient.ts'
import { type Bench, freshGroup } from './log.ts'
import { dealer, testMember } from './logMember.ts'

const soon = { timeout: 15_000, interval: 20 }
const until = (check: () => void | Promise<void>): Promise<void> => vi.waitFor(check, soon)

export function membersContract({ log, another, topic }: Bench): void {
  describe('the members of a group', () => {
    it('shares anew when the leader asks for it, and everybody keeps its id', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      const asked: string[] = []
      const spying = (who: string): Partial<MembershipOptions> => ({
        assigner: {
          ...dealer,
          assign: (members, partitions) => {
            asked.push(`${who} of ${members.length}`)
            return dealer.assign(members, partitions)
          },
        },
      })
      const one = testMember(log(), group, [name], spying('one'))
      const two = testMember(another(), group, [name], spying('two'))
      const shares = () => [...one.owned(name), ...two.owned(name)].toSorted()
      await one.membership.start()
      await two.membership.start()
      await until(() => expect(shares()).toEqual([0, 1]))
      const leader = asked.at(-1)!
      const joins = [one, two].map((member) => member.joins.length)
      const before = asked.length
      const leading = leader.startsWith('one') ? one : two
      leading.membership.reassign()
      await until(() => {
        expect(asked.slice(before)).toEqual([leader])
        expect([one, two].map((member) => member.joins.length)).toEqual(joins.map((count) => count + 1))
      })
      expect(shares()).toEqual([0, 1])
      for (const { joins: all } of [one, two]) expect(new Set(all.map(({ memberId }) => memberId)).size).toBe(1)
      expect([...one.failures, ...two.failures]).toEqual([])
      await one.membership.leave()
      one.membership.reassign() // of one that has left it changes nothing
      await until(() => expect(two.owned(name)).toEqual([0, 1]))
      await two.membership.leave()
    })

    it('are named by their client ids, which say whose process they are, until they have left', async () => {
      const [name, group] = [await topic(2), freshGroup()]
      expect(await log().admin.members(group)).toEqual([])
      const [one, two] = [testMember(log(), group, [name]), testMember(another(), group, [name])]
      await one.membership.start()
      await two.membership.start()
      await until(() => expect(one.owned(name)).toHaveLength(1))
      const ours = expect.stringContaining(memberClientId(''))
      expect(await log().admin.members(group)).toEqual([ours, ours])
      await one.membership.leave()
      await until(async () => expect(await log().admin.members(group)).toEqual([ours]))
      await two.membership.leave()
      await until(async () => expect(await log().admin.members(group)).toEqual([]))
    })
  })
}
