// A registry in memory, for tests without a broker: the same answers, and whatever is added is compatible.
import type { AvroSchema, CompatibilityLevel } from '../../app/record.ts'
import type { Registry } from './registry.ts'
import { schemaText } from './schemaText.ts'

export function memoryRegistry(): Registry {
  const subjects = new Map<string, Set<number>>()
  const levels = new Map<string, CompatibilityLevel>()
  const texts: string[] = []
  const idFor = (text: string): number => texts.indexOf(text) + 1 || texts.push(text)
  const schemaOf = (id: number): AvroSchema => JSON.parse(texts[id - 1]!)
  return {
    schema: async (id) => (texts[id - 1] === undefined ? undefined : schemaOf(id)),
    async idOf(subject, schema) {
      const id = texts.indexOf(schemaText(schema)) + 1
      return subjects.get(subject)?.has(id) ? id : undefined
    },
    level: async (subject) => levels.get(subject),
    async setLevel(subject, level) {
      levels.set(subject, level)
    },
    async register(subject, schema) {
      const id = idFor(schemaText(schema))
      subjects.set(subject, (subjects.get(subject) ?? new Set()).add(id))
      return { kind: 'registered', id }
    },
    versions: async (subject) =>
      [...(subjects.get(subject) ?? [])].map((id, index) => ({
        ...{ version: index + 1, content: { id, schema: schemaOf(id) }, isDeleted: false },
      })),
    judge: async (subject) => (subjects.has(subject) ? { isCompatible: true, messages: [] } : undefined),
    defaultLevel: async () => 'NONE',
  }
}
