// Where a place of a value lies whatever the value is: `/legs/3/gate` is `/legs/*/gate`. So what is wrong in the same way in many
// records is told once, and keys of maps, which are payload, are not told at all. Pure.

import type { AvroSchema } from '../../app/record.ts'
import { avroType, shapeOf, type Type } from '../avro/avro.ts'
import { unescapedToken } from '../json/pointerToken.ts'

/** `pointer` is a JSON Pointer into the JSON of a value of that schema. */
export function placeInSchema(schema: AvroSchema, pointer: string): string {
  let at: readonly Type[] = [avroType(schema)]
  const place = pointer
    .split('/')
    .slice(1)
    .map((segment) => {
      const name = unescapedToken(segment)
      const steps = at.flatMap((type) => stepsFrom(type, name))
      at = steps.map(({ type }) => type)
      return steps.some(({ isNamed }) => isNamed) ? segment : '*'
    })
  return place.length === 0 ? '/' : `/${place.join('/')}`
}

type Step = { readonly type: Type; readonly isNamed: boolean }

/** `isNamed`: by a name that the schema itself has. */
function stepsFrom(type: Type, name: string): readonly Step[] {
  const shape = shapeOf(type)
  switch (shape.kind) {
    case 'record':
      return shape.fields.filter((field) => field.name === name).map((field) => ({ type: field.type, isNamed: true }))
    case 'array':
      return [{ type: shape.items, isNamed: false }]
    case 'map':
      return [{ type: shape.values, isNamed: false }]
    case 'union':
      return shape.branches.flatMap((branch) => [
        ...(branch.name === name ? [{ type: branch.type, isNamed: true }] : []),
        ...stepsFrom(branch.type, name),
      ])
    default:
      return []
  }
}
