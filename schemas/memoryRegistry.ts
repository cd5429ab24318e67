// A registry in memory, for tests without a broker: the same answers, no compatibility levels.
import type { AvroSchema } from '../app/record.ts'
import type { Registry } from './registry.ts'

export function memoryRegistry(): Registry {
  const subjects = new Map<string, Set<number>>()
  const texts: string[] = []
  const idFor = (text: string): number => texts.indexOf(text) + 1 || texts.push(text)
  return {
    schema: async (id) => (texts[id - 1] === undefined ? undefined : (JSON.parse(texts[id - 1]!) as AvroSchema)),
    async idOf(subject, schema) {
      const id = texts.indexOf(JSON.stringify(schema)) + 1
      return subjects.get(subject)?.has(id) ? id : undefined
    },
    level: async () => 'BACKWARD_TRANSITIVE',
    async register(subject, schema) {
      const id = idFor(JSON.stringify(schema))
      subjects.set(subject, (subjects.get(subject) ?? new Set()).add(id))
      return { kind: 'registered', id }
    },
  }
}
