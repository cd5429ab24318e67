// Registers an app's schemas: what its encoders will look for, each with the compatibility level that its subject.json names.
import type { CompatibilityLevel } from '../../app/record.ts'
import type { Subject } from '../../kafka/subjects.ts'
import { defaultLevel } from '../folder/subjectSettings.ts'
import type { Registry } from './registry.ts'

export type Registered = (
  | { readonly kind: 'new' | 'there'; readonly id: number }
  /** `reason` is the registry's own text. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Its topic is taken over: without consent nothing is added to it. */
  | { readonly kind: 'left' }
) & {
  readonly subject: string
  /** Where the subject had another level, or none of its own, and has versions: what it is now. */
  readonly level?: LevelChange
  /** Where it has another level than `subject.json` says, and was to keep it. */
  readonly kept?: LevelChange
}

export type LevelChange = { readonly from: string | undefined; readonly to: CompatibilityLevel }

export type RegisterOptions = {
  /** Adds versions to subjects of taken-over topics too; their level stays as it is. Default false. */
  readonly takenOver?: boolean
  /** Leaves a level that a subject has as it is, for it may be the one of a newer release. Default false. */
  readonly keepLevels?: boolean
}

/**
 * Registers each subject's schema where it is not there, one after the other, whatever became of the others. Idempotent.
 * Rejects with `registry-unavailable`.
 */
export async function registerSubjects(
  registry: Registry,
  subjects: readonly Subject[],
  { takenOver = false, keepLevels = false }: RegisterOptions = {},
): Promise<readonly Registered[]> {
  const done: Registered[] = []
  for (const subject of subjects)
    done.push(
      subject.takenOver
        ? await registerTakenOver(registry, subject, takenOver)
        : await registerOwn(registry, subject, keepLevels),
    )
  return done
}

/** The level first: a new version is held against what is asked of it today. It stays, also where the version is refused. */
async function registerOwn(
  registry: Registry,
  { name: subject, schema, level: to = defaultLevel }: Subject,
  keepLevels: boolean,
): Promise<Registered> {
  const from = await registry.level(subject)
  const isKept = keepLevels && from !== undefined
  if (from !== to && !isKept) await registry.setLevel(subject, to)
  const there = await registry.idOf(subject, schema)
  const isKnown = from !== undefined || there !== undefined
  const change = from !== to && isKnown ? { from, to } : undefined
  const told = change && (isKept ? { kept: change } : { level: change })
  if (there !== undefined) return { kind: 'there', subject, id: there, ...told }
  return { ...(await add(registry, { name: subject, schema })), ...told }
}

async function registerTakenOver(
  registry: Registry,
  { name: subject, schema }: Subject,
  hasConsent: boolean,
): Promise<Registered> {
  const there = await registry.idOf(subject, schema)
  if (there !== undefined) return { kind: 'there', subject, id: there }
  return hasConsent ? add(registry, { name: subject, schema }) : { kind: 'left', subject }
}

async function add(registry: Registry, { name: subject, schema }: Subject): Promise<Registered> {
  const result = await registry.register(subject, schema)
  return result.kind === 'refused'
    ? { kind: 'refused', subject, reason: result.reason }
    : { kind: 'new', subject, id: result.id }
}
