// What the kafkajs adapter does that a contract cannot ask of a log in memory: evictions by the broker, connections closed.
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { openClient, patient } from '../../../kafka/kafkajs/client.ts'
import { openCluster } from '../../../kafka/kafkajs/cluster.ts'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import type { Log } from '../../../kafka/log.ts'
import { silentLog } from '../../../process/log.ts'
import { append, freshGroup, position, records } from '../../contracts/log.ts'
import { testMember } from '../../contracts/logMember.ts'

const { brokers } = inject('system')
const client = { clientId: 'faults', kafka: { brokers }, log: silentLog }
const soon = { timeout: 15_000, interval: 20 }
const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

/** Makes the coordinator forget a member, as it does when a session expires. */
async function evict(groupId: string, memberId: string): Promise<void> {
  const cluster = openCluster(openClient(client, patient))
  await cluster.connect()
  await cluster.refreshMetadata()
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  await (coordinator as unknown as { leaveGroup(request: object): Promise<void> }).leaveGroup({ groupId, memberId })
  await cluster.disconnect()
}

describe('the kafkajs log', () => {
  let log: Log
  let topic: string
  beforeEach(async () => {
    log = kafkajsLog(client)
    topic = freshGroup()
    await log.admin.create([{ name: topic, partitions: 2, replicas: 1, config: {} }])
  })
  afterEach(() => log.close())

  it('refuses the commit of a member that was evicted, which then comes back under a new id', async () => {
    const group = freshGroup()
    const member = testMember(log, group, [topic])
    await append(log, topic, 0, 'a', 'b')
    await member.membership.start()
    await member.membership.commit([position(topic, 0, 1)])
    await evict(group, member.joins.at(-1)!.memberId)
    const late = member.membership.commit([position(topic, 0, 2)])
    await expect(late).rejects.toMatchObject({ code: 'commit-refused' })
    await vi.waitFor(() => expect(member.joins.at(-1)!.memberId).not.toBe(member.joins[0]!.memberId), soon)
    expect(await log.admin.committed(group, [topic])).toEqual([position(topic, 0, 1)])
    await member.membership.commit([position(topic, 0, 2)])
    expect(member.failures).toEqual([])
    await member.membership.leave()
  })

  it('closes every connection, also of what was not closed one by one', async () => {
    const before = sockets()
    const other = kafkajsLog(client)
    const member = testMember(other, freshGroup(), [topic])
    const writer = await other.writer()
    await writer.append({ topic, partition: 0 }, records('a'))
    await other.transaction(freshGroup())
    await member.membership.start()
    for await (const _ of other.read(topic, { from: 'earliest' })) expect(sockets()).toBeGreaterThan(before)
    await other.close()
    await vi.waitFor(() => expect(sockets()).toBeLessThanOrEqual(before), soon)
    await expect(writer.append({ topic, partition: 0 }, records('b'))).rejects.toMatchObject({ code: 'closed' })
  })

  it('leaves no group behind where it only read', async () => {
    await append(log, topic, 0, 'a')
    const admin = openClient(client, patient).kafka.admin()
    await admin.connect()
    const groups = async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId).toSorted()
    const before = await groups()
    for await (const { value } of log.read(topic, { from: 'earliest' })) expect(String(value)).toBe('a')
    expect((await groups()).filter((group) => !before.includes(group) && group.includes(topic))).toEqual([])
    await admin.disconnect()
  })
})
