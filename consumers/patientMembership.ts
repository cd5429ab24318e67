// A membership that waits until its group is free. Members of another client share partitions by another protocol, and the
// broker lets nobody join beside them: a group that is taken over is joined when the last of them has left. Members that have
// died are let expire (expiry.ts).
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { Log, Membership, MembershipOptions } from '../kafka/log.ts'
import type { Clock } from '../process/clock.ts'
import { deadMembers, expiry } from './expiry.ts'

/** How often it is tried; a refused join disturbs nobody. */
const retryMs = 2_000
/** Every how many tries it is told again. */
const tellEvery = 15

const isOccupied = (error: unknown): boolean => error instanceof ErrandError && error.code === 'inconsistent-assigner'

export type PatientMembershipOptions = MembershipOptions & {
  readonly log: Pick<Log, 'admin' | 'membership'>
  readonly logger: Logger
  readonly clock: Clock
}

/**
 * As `log.membership`, but where the group has foreign or dead members `start` resolves all the same, and the first assignment
 * comes when they have left. What then goes wrong is told to `onFailed`.
 */
export function patientMembership({ log, logger, clock, ...options }: PatientMembershipOptions): Membership {
  let current = log.membership(options)
  const leaving = new AbortController()
  const group = { admin: log.admin, group: options.group, clock, logger }

  async function join(): Promise<void> {
    try {
      await current.start()
    } catch (error) {
      if (!isOccupied(error)) throw error
      later(joinWhenFree())
    }
  }

  function later(joining: Promise<void>): void {
    joining.catch((failure: Error) => {
      if (!leaving.signal.aborted) options.onFailed(failure)
    })
  }

  async function joinWhenFree(): Promise<void> {
    for (let tries = 0; ; tries++) {
      if (tries % tellEvery === 0) logger.warn('group.occupied', { why: occupied })
      await clock.sleep(retryMs, leaving.signal)
      leaving.signal.throwIfAborted() // in the very turn in which it woke
      current = log.membership(options)
      try {
        return await current.start()
      } catch (error) {
        if (!isOccupied(error)) throw error
      }
    }
  }

  return {
    start: async () => {
      const dead = await deadMembers(group)
      if (dead.length === 0) await join()
      else later(expiry(dead, group, leaving.signal).then(join))
    },
    pause: (partitions) => current.pause(partitions),
    resume: (partitions) => current.resume(partitions),
    seek: (to, offset) => current.seek(to, offset),
    reassign: () => current.reassign(),
    commit: (positions) => current.commit(positions),
    leave: () => {
      leaving.abort()
      return current.leave()
    },
  }
}

const occupied =
  'the group still has members of another client, beside whom Errand cannot join: stop them all. A member that ended without leaving counts until its session timeout has passed. It is tried every 2 s'
