// Can what one schema has written be read with another? What Java Avro 1.12 and the registries built on it answer, to the type
// and location of each finding; and what they keep to themselves: every version and direction, the cause within a union,
// every place, and what to do. Takes any JSON and never throws for it.
import type { CompatibilityLevel } from '../app/record.ts'
import type { SchemaFinding } from './compatibility/compatibilityFindings.ts'
import {
  comparedWith,
  compareParsed,
  type EvolutionFinding,
  evolutionFindings,
  levels,
} from './compatibility/evolution.ts'
import { parseSchema } from './compatibility/schemaParser.ts'

export type SchemaComparison = { readonly compatible: boolean; readonly findings: readonly SchemaFinding[] }

/** Whether `reader` reads all that `writer` may have written. */
export function compareSchemas(reader: unknown, writer: unknown): SchemaComparison {
  const findings = compareParsed(parseSchema(reader), parseSchema(writer), {
    reader: 'the reader',
    writer: 'the writer',
    next: 'reader',
  })
  return { compatible: findings.length === 0, findings }
}

export const isCompatibilityLevel = (level: unknown): level is CompatibilityLevel =>
  typeof level === 'string' && Object.hasOwn(levels, level)

/** Of each finding `version` is the one that the new one was compared with, counted from 1; of an invalid schema its own. */
export type Evolution = { readonly compatible: boolean; readonly findings: readonly EvolutionFinding[] }

/**
 * Whether `next` may follow `previous`, the oldest first. Everything that is in the way, the latest version first. What is no
 * schema may follow nothing, at any level.
 */
export function checkEvolution(next: unknown, previous: readonly unknown[], level: CompatibilityLevel): Evolution {
  const numbered = previous.map((schema, index) => ({ schema, version: index + 1 }))
  const older = comparedWith(numbered, level).map(({ schema, version }) => ({ version, parsed: parseSchema(schema) }))
  const parsed = parseSchema(next)
  const findings = evolutionFindings({ version: previous.length + 1, parsed }, older.reverse(), level)
  return { compatible: findings.length === 0, findings }
}
