// A process tells on `members` what it holds and works on: every two seconds while it runs, and with a tombstone that it has
// left. Nobody waits for it and nothing depends on it: a report that cannot be written is dropped, as the next one says more.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { writeHeaders } from '../kafka/headers.ts'
import { Member } from '../schemas/platform/generated.ts'
import type { Platform, RunningGroup } from './role.ts'
import { snapshot } from './snapshot.ts'

export const reportEveryMs = 2_000

export type Presence = {
  /** Tells that the process has left. Never rejects. */
  leave(): Promise<void>
}

/** Tells of these groups from now on. */
export async function presence(platform: Platform, groups: readonly RunningGroup[]): Promise<Presence> {
  const { catalogue, codec, producer, clock, logger } = platform
  const encode = await codec.encoder(`${catalogue.members}-value`, Member)
  const [host, pid, startedAt] = [hostname(), process.pid, new Date(clock.now())]
  const name = `${host}/${pid}/${randomBytes(3).toString('hex')}`
  const rate = rates()
  const write = (value: Buffer | null): Promise<void> => {
    const timeMs = clock.now()
    const headers = writeHeaders({
      id: `${name}/${timeMs}`,
      type: 'errand.member',
      source: catalogue.source,
      timeMs,
      run: 1,
    })
    return producer
      .send(
        catalogue.members,
        { key: Buffer.from(name), value, headers },
        { kind: 'key' },
        { deadlineMs: timeMs + reportEveryMs },
      )
      .then(
        () => undefined,
        (error: unknown) => logger.debug('member.notReported', { error }),
      )
  }
  const report = async (): Promise<void> => {
    const atMs = clock.now()
    const all = groups.map(({ group: { id }, member }) => {
      return { group: id, perSecond: rate(id, member.scheduler.done, atMs), ...snapshot(member) }
    })
    await write(encode({ host, pid, startedAt, at: new Date(atMs), groups: all }))
  }
  const tell = (): void => void report().catch((error: unknown) => logger.debug('member.notReported', { error })) // nothing depends on it
  let timer: Disposable | undefined
  const later = (): void => {
    timer = clock.after(reportEveryMs, () => {
      tell()
      later()
    })
  }
  tell()
  later()
  return {
    leave: () => {
      timer?.[Symbol.dispose]()
      return write(null)
    },
  }
}

/** How many a second were done since it was asked before, by name. */
function rates(): (name: string, done: number, nowMs: number) => number {
  const before = new Map<string, { readonly done: number; readonly atMs: number }>()
  return (name, done, atMs) => {
    const last = before.get(name)
    before.set(name, { done, atMs })
    return last && atMs > last.atMs ? ((done - last.done) * 1_000) / (atMs - last.atMs) : 0
  }
}
