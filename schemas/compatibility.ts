// Can what one schema has written be read with another? What Java Avro 1.12 and the registries built on it answer, to the type
// and location of each finding; and what they keep to themselves: every version and direction, the cause within a union,
// every place, and what to do. Takes any JSON and never throws for it.
import type { CompatibilityLevel } from '../app/record.ts'
import { findingsBetween, type SchemaFinding } from './compatibilityFindings.ts'
import { invalidMessage, type Sides } from './compatibilityWords.ts'
import { type ParsedSchema, parseSchema } from './schemaParser.ts'

export type SchemaComparison = { readonly compatible: boolean; readonly findings: readonly SchemaFinding[] }

/** Whether `reader` reads all that `writer` may have written. */
export function compareSchemas(reader: unknown, writer: unknown): SchemaComparison {
  const sides: Sides = { reader: 'the reader', writer: 'the writer', next: 'reader' }
  return asComparison(compare(parseSchema(reader), parseSchema(writer), sides))
}

/** Confluent's levels: who reads whom. `backward`: the new version reads what older ones wrote; `forward`: they read it. */
const levels = {
  NONE: { directions: [], isTransitive: false },
  BACKWARD: { directions: ['backward'], isTransitive: false },
  BACKWARD_TRANSITIVE: { directions: ['backward'], isTransitive: true },
  FORWARD: { directions: ['forward'], isTransitive: false },
  FORWARD_TRANSITIVE: { directions: ['forward'], isTransitive: true },
  FULL: { directions: ['backward', 'forward'], isTransitive: false },
  FULL_TRANSITIVE: { directions: ['backward', 'forward'], isTransitive: true },
} as const satisfies Readonly<Record<CompatibilityLevel, Level>>

type Direction = 'backward' | 'forward'
type Level = { readonly directions: readonly Direction[]; readonly isTransitive: boolean }

export const isCompatibilityLevel = (level: unknown): level is CompatibilityLevel =>
  typeof level === 'string' && Object.hasOwn(levels, level)

export type EvolutionFinding = SchemaFinding & {
  /** The version that the new one was compared with, counted from 1; of an invalid schema its own. */
  readonly version: number
  /** Who reads whom; nobody where a schema is invalid. */
  readonly direction?: Direction
}

export type Evolution = { readonly compatible: boolean; readonly findings: readonly EvolutionFinding[] }

/**
 * Whether `next` may follow `previous`, the oldest first. Everything that is in the way, the latest version first. What is no
 * schema may follow nothing, at any level.
 */
export function checkEvolution(next: unknown, previous: readonly unknown[], level: CompatibilityLevel): Evolution {
  const { directions, isTransitive }: Level = levels[level]
  const version = previous.length + 1
  const parsed = parseSchema(next)
  if (parsed.kind === 'invalid') return asComparison([{ ...invalid(parsed, `v${version}`), version }])
  const findings: EvolutionFinding[] = []
  const compared = directions.length === 0 ? 0 : isTransitive ? previous.length : Math.min(previous.length, 1)
  for (let older = previous.length; older > previous.length - compared; older--)
    findings.push(...against(parsed, version, parseSchema(previous[older - 1]), older, directions))
  return asComparison(findings)
}

function against(
  next: ParsedSchema,
  version: number,
  previous: ParsedSchema,
  older: number,
  directions: readonly Direction[],
): readonly EvolutionFinding[] {
  if (previous.kind === 'invalid') return [{ ...invalid(previous, `v${older}`), version: older }]
  return directions.flatMap((direction) => {
    const found =
      direction === 'backward'
        ? compare(next, previous, { reader: `v${version}`, writer: `v${older}`, next: 'reader' })
        : compare(previous, next, { reader: `v${older}`, writer: `v${version}`, next: 'writer' })
    return found.map((finding) => ({ ...finding, version: older, direction }))
  })
}

function compare(reader: ParsedSchema, writer: ParsedSchema, sides: Sides): readonly SchemaFinding[] {
  if (reader.kind === 'valid' && writer.kind === 'valid') return findingsBetween(reader.root, writer.root, sides)
  return [
    ...(reader.kind === 'invalid' ? [{ ...invalid(reader, sides.reader), inReader: reader.pointer }] : []),
    ...(writer.kind === 'invalid' ? [{ ...invalid(writer, sides.writer), inWriter: writer.pointer }] : []),
  ]
}

const invalid = ({ pointer, message }: Extract<ParsedSchema, { kind: 'invalid' }>, side: string): SchemaFinding => ({
  type: 'INVALID_SCHEMA',
  location: pointer,
  message: invalidMessage(side, pointer, message),
  at: pointer,
  causes: [],
})

const asComparison = <T extends SchemaFinding>(findings: readonly T[]) => ({
  compatible: findings.length === 0,
  findings,
})
