// What keeps a partition's commit from moving on, in words for an operator. Pure.
import type { MemberPartition } from '../schemas/platform/generated.ts'

export type Blocking = {
  /** How the partition is called: `partition 3`, `retry partition 3`. */
  readonly place: string
  readonly lowest: NonNullable<MemberPartition['lowest']>
  /** Tries that its retry policy allows, where it is known. */
  readonly attempts: number | undefined
  readonly full: boolean
  readonly paused: boolean
  readonly nowMs: number
}

/** Shorter than that nothing blocks: it is being worked on. */
const soonMs = 1_000

/** Undefined where it moves on. */
export function blocking({ place, lowest, attempts, full, paused, nowMs }: Blocking): string | undefined {
  const { runningSince, nextTryAt, attempt, key, id } = lowest
  const what = key === null || key === id ? id : `key ${key} (${id})`
  const waits = `${place} waits for ${what}, attempt ${attempt}${attempts === undefined ? '' : ` of ${attempts}`}`
  const stands = full ? '; it takes nothing more until then' : ''
  if (runningSince !== null) {
    const runningMs = nowMs - runningSince.getTime()
    return runningMs < soonMs && attempt === 1 ? undefined : `${waits}, running for ${duration(runningMs)}${stands}`
  }
  const nextTryMs = nextTryAt?.getTime() ?? 0
  if (nextTryMs > nowMs) return `${waits}, next try ${timeOfDay(nextTryMs)}${stands}`
  if (paused) return `${waits}, and the group is paused${stands}`
  return full || attempt > 1 ? `${waits}, which has to wait for its turn${stands}` : undefined
}

/** What a group waits for whose handlers have said that a dependency is down. */
export const waitsForDependency = (heldUntilMs: number, nowMs: number): string =>
  heldUntilMs > nowMs
    ? `waits for a dependency until ${timeOfDay(heldUntilMs)}`
    : 'waits for a dependency, until one record has been tried'

/** `34 s`, `5 min`, `3 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

/** In UTC, as all times of the command are. */
const timeOfDay = (ms: number): string => new Date(ms).toISOString().slice(11, 19)
