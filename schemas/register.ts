// Registers an app's schemas: what its encoders will look for.
import type { Subject } from '../kafka/catalogue.ts'
import type { Registry } from './registry.ts'

export type Registered =
  | { readonly kind: 'new' | 'there'; readonly subject: string; readonly id: number }
  /** `reason` is the registry's own text. */
  | { readonly kind: 'refused'; readonly subject: string; readonly reason: string }
  /** Its topic is taken over: without consent nothing is added to it. */
  | { readonly kind: 'left'; readonly subject: string }

export type RegisterOptions = {
  /** Adds versions to subjects of taken-over topics too; their level stays as it is. Default false. */
  readonly takenOver?: boolean
}

/**
 * Registers each subject's schema where it is not there, one after the other, whatever became of the others. Idempotent.
 * Rejects with `registry-unavailable`.
 */
export async function registerSubjects(
  registry: Registry,
  subjects: readonly Subject[],
  { takenOver = false }: RegisterOptions = {},
): Promise<readonly Registered[]> {
  const done: Registered[] = []
  for (const subject of subjects) done.push(await registerSubject(registry, subject, takenOver))
  return done
}

async function registerSubject(
  registry: Registry,
  { name: subject, schema, takenOver }: Subject,
  hasConsent: boolean,
): Promise<Registered> {
  const keepLevel = takenOver ?? false
  const there = await registry.idOf(subject, schema)
  if (keepLevel && there !== undefined) return { kind: 'there', subject, id: there }
  if (keepLevel && !hasConsent) return { kind: 'left', subject }
  const result = await registry.register(subject, schema, { keepLevel }) // also where it is there: it may lack its level
  if (result.kind === 'refused') return { kind: 'refused', subject, reason: result.reason }
  return { kind: there === undefined ? 'new' : 'there', subject, id: result.id }
}
