// Names that Java compares and that are none here: with characters that the specification has not, or that JavaScript has taken.
import type { NamedNode, SchemaNode } from '../compatibility/schemaGraph.ts'
import { below, pointerOf, type SchemaPath } from '../compatibility/schemaPath.ts'
import type { Found } from './finding.ts'
import { valueText } from './words.ts'

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Of a type, its symbols and its fields. */
export function nameFindings(node: SchemaNode, side: string): readonly Found[] {
  if (!('fullName' in node)) return []
  const names: readonly (readonly [string, SchemaPath])[] = [
    ...node.fullName.split('.').map((part) => [part, below(node.path, 'name')] as const),
    ...(node.kind === 'enum'
      ? node.symbols.map((symbol, index) => [symbol, below(node.path, 'symbols', index)] as const)
      : []),
    ...(node.kind === 'record' ? node.fields.map(({ name, path }) => [name, below(path, 'name')] as const) : []),
  ]
  const refused = names
    .filter(([name]) => !identifier.test(name) || name === '__proto__')
    .map(
      ([name, path]): Found => ({
        severity: 'runtime',
        type: 'NAME_REFUSED',
        at: pointerOf(path),
        message: `${side} has the name ${valueText(name)}: Java compares such schemas, avsc ${name === '__proto__' ? 'loses what is under it' : 'and the specification refuse them'}.`,
        hint: 'Begin it with a letter or _, and use letters, digits and _ only; __proto__ is taken by JavaScript.',
      }),
    )
  return [...inherited(node, side), ...refused]
}

/** avsc looks types up in a plain object. */
function inherited({ fullName, path }: NamedNode, side: string): readonly Found[] {
  if (!Object.hasOwn(Object.prototype, fullName) || fullName === '__proto__') return []
  return [
    {
      severity: 'runtime',
      type: 'NAME_REFUSED',
      at: pointerOf(below(path, 'name')),
      message: `${side} has the name ${valueText(fullName)} without a namespace: Java compares such schemas, avsc has it from JavaScript already and takes the type for a second one.`,
      hint: 'Call it otherwise, or give it a namespace.',
    },
  ]
}
