// The kafkajs adapter without a cluster: questions fail within seconds, and whatever waits can be given up.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import type { Log } from '../../../kafka/log.ts'
import { silentLog } from '../../../process/log.ts'
import { testMember } from '../../contracts/logMember.ts'

describe('the kafkajs log, with nobody at the broker’s address', () => {
  let open: () => Log
  beforeAll(async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    open = () => kafkajsLog({ clientId: 'away', kafka: { brokers: [`127.0.0.1:${port}`] }, log: silentLog })
  })

  it('answers no question, and says so within seconds', async () => {
    const log = open()
    for (const question of [log.admin.brokers(), log.admin.offsets('t'), log.admin.committed('g', ['t'])])
      await expect(question).rejects.toMatchObject({ code: 'log-unavailable', retriable: true })
    await expect(log.read('t', { from: 'earliest' })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'log-unavailable',
    })
    await log.close()
  }, 15_000)

  it('waits to join, until told to leave', async () => {
    const log = open()
    const member = testMember(log, 'g', ['t'])
    const start = member.membership.start()
    const failed = vi.fn()
    start.catch(failed)
    await vi.waitFor(() => expect(process.getActiveResourcesInfo()).toContain('Timeout'))
    expect(failed).not.toHaveBeenCalled()
    await member.membership.leave()
    await expect(start).rejects.toMatchObject({ code: 'closed' })
    expect([...member.joins, ...member.failures]).toEqual([])
    await log.close()
  }, 15_000)

  it('waits for a writer, until the log is closed', async () => {
    const log = open()
    const writers = [log.writer(), log.transaction('t')]
    const ends = Promise.allSettled(writers)
    await log.close()
    const closed = { status: 'rejected', reason: { code: 'closed' } }
    expect(await ends).toMatchObject([closed, closed])
  }, 15_000)
})
