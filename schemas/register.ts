// Registers an app's schemas: what its encoders will look for.
import type { Subject } from '../kafka/catalogue.ts'
import type { Registry } from './registry.ts'

export type Registered =
  | { readonly kind: 'new' | 'there'; readonly subject: string; readonly id: number }
  /** `reason` is the registry's own text. */
  | { readonly kind: 'refused'; readonly subject: string; readonly reason: string }

/**
 * Registers each subject's schema where it is not there, one after the other, whatever became of the others. Idempotent.
 * Rejects with `registry-unavailable`.
 */
export async function registerSubjects(
  registry: Registry,
  subjects: readonly Subject[],
): Promise<readonly Registered[]> {
  const done: Registered[] = []
  for (const subject of subjects) done.push(await registerSubject(registry, subject))
  return done
}

async function registerSubject(registry: Registry, { name: subject, schema }: Subject): Promise<Registered> {
  const there = await registry.idOf(subject, schema)
  const result = await registry.register(subject, schema) // also where it is there: it may lack its level
  if (result.kind === 'refused') return { kind: 'refused', subject, reason: result.reason }
  return { kind: there === undefined ? 'new' : 'there', subject, id: result.id }
}
