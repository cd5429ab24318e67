// Fields that earlier versions of a schema had and the last one has not. Avro passes over them; a client of HTTP that was
// not told still sends them, and is to be no worse off. A field that was renamed under an alias is not retired: its old name
// is read as the new one, as in Avro.
import { type Shape, shapeOf, type Type } from '../avro/avro.ts'
import { children } from './typeText.ts'

/** Names of fields by the full name of their record, as the last version calls it. */
export type RetiredFields = Readonly<Record<string, readonly string[]>>

type RecordShape = Extract<Shape, { kind: 'record' }>

/** Undefined where there are none. */
export function retiredFields(earlier: readonly Type[], last: Type): RetiredFields | undefined {
  const before = earlier.flatMap(recordsOf)
  const retired = recordsOf(last).flatMap((record) => {
    const known = new Set(record.fields.flatMap(({ name, aliases }) => [name, ...aliases]))
    const had = before.filter((each) => isSame(record, each)).flatMap(({ fields }) => fields.map(({ name }) => name))
    const gone = [...new Set(had)].filter((name) => !known.has(name)).sort()
    return gone.length === 0 ? [] : [[record.name, gone] as const]
  })
  return retired.length === 0 ? undefined : Object.fromEntries(retired.sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** By its name, an alias, or, as readers do, its name without the namespace. */
const isSame = ({ name, aliases }: RecordShape, earlier: RecordShape): boolean =>
  aliases.includes(earlier.name) || lastPart(name) === lastPart(earlier.name)

const lastPart = (full: string): string => full.slice(full.lastIndexOf('.') + 1)

function recordsOf(type: Type): readonly RecordShape[] {
  const seen = new Set<Type>()
  const walk = (each: Type): readonly RecordShape[] => {
    if (seen.has(each)) return []
    seen.add(each)
    const shape = shapeOf(each)
    return [...(shape.kind === 'record' ? [shape] : []), ...children(shape).flatMap(walk)]
  }
  return walk(type)
}
