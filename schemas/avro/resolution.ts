// Where avsc reads what was written with one schema with another otherwise than Java, or takes a default otherwise: the types
// below are avsc's own but for that.
import avsc, { type Type } from 'avsc'

/** How a type reads what another wrote; avsc does not export its name. */
export type Resolver = ReturnType<Type['createResolver']>

type Registry = Record<string, Resolver | undefined>
type Options = { registry?: Registry; readonly ignoreNamespaces?: boolean }

/** Pairs of records in the order in which they were begun, and those that cannot be resolved, which is for good. */
type Resolution = { readonly begun: string[]; readonly failed: Map<string, unknown> }
const resolutions = new WeakMap<Registry, Resolution>()

function newResolution(registry: Registry): Resolution {
  const resolution: Resolution = { begun: [], failed: new Map() }
  resolutions.set(registry, resolution)
  return resolution
}

type Values = Readonly<Record<string, unknown>>
type Filled = { readonly defaultValue: () => unknown }
type CopyOptions = { readonly coerce?: number }
type Copying = { _copy(this: object, value: unknown, options?: CopyOptions): unknown }
/** avsc's word for "from JSON". */
const fromJson = 2

/**
 * avsc keeps the resolver of a record that it could not resolve, and of those within that lean on it, and takes them for
 * whole when it meets the two again ("_read is not a function"). Here they are forgotten.
 */
export class SoundRecord extends avsc.types.RecordType {
  override createResolver(writer: Type, options: Options = {}): Resolver {
    options.registry ??= {}
    const { registry } = options
    const { begun, failed } = resolutions.get(registry) ?? newResolution(registry)
    const key = `${this.name}:${writer.name}`
    if (writer.name !== undefined && failed.has(key)) throw failed.get(key)
    const before = begun.length
    if (registry[key] === undefined) begun.push(key)
    try {
      return super.createResolver(writer, options as never)
    } catch (error) {
      for (const each of begun.splice(before)) delete registry[each]
      failed.set(key, error)
      throw error
    }
  }

  /** A default that is filled in is a value already: avsc would take it for JSON too, which a Date, bytes or a branch is not. */
  _copy(value: Values, options?: CopyOptions): unknown {
    if (options?.coerce !== fromJson)
      return (avsc.types.RecordType.prototype as unknown as Copying)._copy.call(this, value, options)
    const values = this.fields.map((field) => {
      const isFilled = value[field.name] === undefined && Object.hasOwn(field, 'defaultValue')
      return isFilled
        ? (field as Filled).defaultValue()
        : (field.type as unknown as Copying)._copy(value[field.name], options)
    })
    const Constructor = this.recordConstructor as new (...fields: readonly unknown[]) => unknown
    return new Constructor(...values)
  }
}

type Union = { readonly types: readonly Type[] }
type Update = (this: Union, resolver: Resolver, writer: Type, options: unknown) => void

/** Not in avsc's declarations: tries the branches in turn. */
const updateOf = (type: object): Update => (type as { readonly _update: Update })._update

/** The branch that was written before those that it can be promoted to: avsc would read an int as the double before it. */
const exactFirst = ({ types }: Union, writer: Type): Union => ({
  types: [...types.filter((each) => isExact(each, writer)), ...types.filter((each) => !isExact(each, writer))],
})

const isExact = (branch: Type, writer: Type): boolean => branch.branchName === writer.branchName

export class PlainUnion extends avsc.types.UnwrappedUnionType {
  _update(this: PlainUnion & Union, resolver: Resolver, writer: Type, options: unknown): void {
    updateOf(avsc.types.UnwrappedUnionType.prototype).call(exactFirst(this, writer), resolver, writer, options)
  }
}

export class WrappedUnion extends avsc.types.WrappedUnionType {
  _update(this: WrappedUnion & Union, resolver: Resolver, writer: Type, options: unknown): void {
    updateOf(avsc.types.WrappedUnionType.prototype).call(exactFirst(this, writer), resolver, writer, options)
  }
}
