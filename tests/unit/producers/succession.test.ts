import { describe, expect, it } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import type { Writer } from '../../../kafka/log.ts'
import { notAcknowledged } from '../../../kafka/logErrors.ts'
import { silentLog } from '../../../process/log.ts'
import { Succession } from '../../../producers/succession.ts'
import { codeOf, record } from './simulatedLog.ts'

const to = (partition: number) => ({ topic: 'flights', partition })

/** Writers whose appends the test answers, each with its number. */
function writers() {
  const appends: { readonly writer: number; readonly reply: PromiseWithResolvers<bigint> }[] = []
  let [opened, closed] = [0, 0]
  const writer = async (): Promise<Writer> => {
    const number = ++opened
    return {
      append: () => {
        const reply = Promise.withResolvers<bigint>()
        appends.push({ writer: number, reply })
        return reply.promise
      },
      close: async () => {
        closed++
      },
    }
  }
  return { kafka: { writer }, appends, counts: () => ({ opened, closed }) }
}

describe('the succession of writers', () => {
  it('starts nothing on a writer whose append is rejected at that very moment', async () => {
    const { kafka, appends, counts } = writers()
    const succession = new Succession(kafka, silentLog)
    const rejected = Promise.allSettled([succession.append(to(0), [record('a')])])
    await expect.poll(() => appends.length).toBe(1)
    appends[0]!.reply.reject(notAcknowledged(to(0)))
    const next = succession.append(to(1), [record('b')])
    await expect.poll(() => appends.length).toBe(2)
    appends[1]!.reply.resolve(7n)
    expect((await rejected).map(codeOf)).toEqual(['outcome-unknown'])
    expect(await next).toBe(7n)
    expect(appends.map(({ writer }) => writer)).toEqual([1, 2])
    await succession.close()
    expect(counts()).toEqual({ opened: 2, closed: 2 })
  })

  it('opens one writer for all who come while it opens', async () => {
    const { kafka, appends, counts } = writers()
    const succession = new Succession(kafka, silentLog)
    const both = Promise.all([0, 1].map((partition) => succession.append(to(partition), [record('a')])))
    await expect.poll(() => appends.length).toBe(2)
    for (const { reply } of appends) reply.resolve(0n)
    await both
    expect(counts().opened).toBe(1)
  })

  it('keeps a refusal that no repetition heals, and the next append tries anew', async () => {
    const refusals = [new ErrandError('log-refused', 'wrong password'), new Error('ECONNREFUSED')]
    const { kafka, appends } = writers()
    const writer = async (): Promise<Writer> => {
      const refusal = refusals.shift()
      if (refusal) throw refusal
      return kafka.writer()
    }
    const succession = new Succession({ writer }, silentLog)
    for (const code of ['log-refused', 'not-sent'])
      await expect(succession.append(to(0), [record('a')])).rejects.toMatchObject({ code })
    const third = succession.append(to(0), [record('a')])
    await expect.poll(() => appends.length).toBe(1)
    appends[0]!.reply.resolve(3n)
    expect(await third).toBe(3n)
  })
})
