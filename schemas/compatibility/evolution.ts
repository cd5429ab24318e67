// Whether a new version may follow the ones before it: Confluent's seven levels, over schemas that have been parsed, so that a
// folder of many versions is parsed once.
import type { CompatibilityLevel } from '../../app/record.ts'
import { findingsBetween, type SchemaFinding } from './compatibilityFindings.ts'
import { invalidMessage, type Sides } from './compatibilityWords.ts'
import type { ParsedSchema } from './schemaParser.ts'

/** Who reads whom. `backward`: the new version reads what the older one wrote; `forward`: the older reads the new one's. */
export type Direction = 'backward' | 'forward'

type Level = { readonly directions: readonly Direction[]; readonly isTransitive: boolean }

/** Who reads whom. `backward`: the new version reads what older ones wrote; `forward`: they read it. */
export const levels = {
  NONE: { directions: [], isTransitive: false },
  BACKWARD: { directions: ['backward'], isTransitive: false },
  BACKWARD_TRANSITIVE: { directions: ['backward'], isTransitive: true },
  FORWARD: { directions: ['forward'], isTransitive: false },
  FORWARD_TRANSITIVE: { directions: ['forward'], isTransitive: true },
  FULL: { directions: ['backward', 'forward'], isTransitive: false },
  FULL_TRANSITIVE: { directions: ['backward', 'forward'], isTransitive: true },
} as const satisfies Readonly<Record<CompatibilityLevel, Level>>

/** Whether some pair of versions that was compared is compared no more, in some direction. */
export function asksForLess(now: CompatibilityLevel, was: CompatibilityLevel): boolean {
  const [asked, asks]: readonly [Level, Level] = [levels[was], levels[now]]
  const isNarrower = asked.isTransitive && !asks.isTransitive
  return isNarrower || asked.directions.some((direction) => !asks.directions.includes(direction))
}

/** Those of the older versions, the oldest first, that a level compares a new one with: the latest first. */
export function comparedWith<T>(older: readonly T[], level: CompatibilityLevel): readonly T[] {
  const { directions, isTransitive }: Level = levels[level]
  return directions.length === 0 ? [] : older.slice(isTransitive ? 0 : -1).reverse()
}

export type EvolutionFinding = SchemaFinding & {
  /** The version that the new one was compared with; of an invalid schema its own. */
  readonly version: number
  /** Who reads whom; nobody where a schema is invalid. */
  readonly direction?: Direction
}

export type ParsedVersion = { readonly version: number; readonly parsed: ParsedSchema }

/** What is in the way of `next`, the latest version first. What is no schema may follow nothing, at any level. */
export function evolutionFindings(
  next: ParsedVersion,
  older: readonly ParsedVersion[],
  level: CompatibilityLevel,
): readonly EvolutionFinding[] {
  if (next.parsed.kind === 'invalid') return [invalidVersion(next.version, next.parsed)]
  return comparedWith(older, level).flatMap((each) => against(next, each, levels[level].directions))
}

function against(next: ParsedVersion, older: ParsedVersion, directions: readonly Direction[]) {
  if (older.parsed.kind === 'invalid') return [invalidVersion(older.version, older.parsed)]
  return directions.flatMap((direction) => {
    const found =
      direction === 'backward'
        ? compareParsed(next.parsed, older.parsed, sidesOf(next, older, 'reader'))
        : compareParsed(older.parsed, next.parsed, sidesOf(older, next, 'writer'))
    return found.map((finding): EvolutionFinding => ({ ...finding, version: older.version, direction }))
  })
}

const sidesOf = (reader: ParsedVersion, writer: ParsedVersion, next: Sides['next']): Sides => ({
  reader: `v${reader.version}`,
  writer: `v${writer.version}`,
  next,
})

export function compareParsed(reader: ParsedSchema, writer: ParsedSchema, sides: Sides): readonly SchemaFinding[] {
  if (reader.kind === 'valid' && writer.kind === 'valid') return findingsBetween(reader.root, writer.root, sides)
  return [
    ...(reader.kind === 'invalid' ? [{ ...invalid(reader, sides.reader), inReader: reader.pointer }] : []),
    ...(writer.kind === 'invalid' ? [{ ...invalid(writer, sides.writer), inWriter: writer.pointer }] : []),
  ]
}

type Invalid = Extract<ParsedSchema, { kind: 'invalid' }>

/** What a version that is no schema is told by. */
export const invalidVersion = (version: number, parsed: Invalid): EvolutionFinding => ({
  ...invalid(parsed, `v${version}`),
  version,
})

const invalid = ({ pointer, message }: Invalid, side: string): SchemaFinding => ({
  type: 'INVALID_SCHEMA',
  location: pointer,
  message: invalidMessage(side, pointer, message),
  at: pointer,
  causes: [],
})
