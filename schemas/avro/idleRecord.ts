// A record whose reader and checker are made when they are first asked for. avsc compiles JavaScript for each as soon as
// there is a type, which is most of what a type costs; the gate makes thousands, and hardly reads with any.
import { SoundRecord } from './resolution.ts'

type Any = (...args: readonly unknown[]) => unknown
type Maker = (this: object, ...args: readonly unknown[]) => unknown

/**
 * What avsc calls in its constructor; not in its declarations. Not the writer: to make one, avsc writes the defaults, to where it
 * writes everything, and so to where it would be writing just then.
 */
const functions = ['_createReader', '_createSkipper', '_createChecker']
const constructors = ['_createConstructor', '_createBranchConstructor']

/** One more call each time that it is used: where values are read and written in earnest, SoundRecord is the type. */
export class IdleRecord extends SoundRecord {}

const makerOf = (name: string): Maker => Reflect.get(SoundRecord.prototype, name) as Maker

for (const name of functions) {
  const make = makerOf(name)
  Reflect.set(IdleRecord.prototype, name, function idle(this: object): Any {
    const type = this
    let made: Any | undefined
    return function (this: object, ...args) {
      made ??= make.call(type) as Any
      return made.apply(this, [...args])
    }
  })
}

for (const name of constructors) {
  const make = makerOf(name)
  Reflect.set(IdleRecord.prototype, name, function idle(this: object, ...given: readonly unknown[]): object {
    const type = this
    let made: (new (...args: readonly unknown[]) => object) | undefined
    return function Idle(...args: readonly unknown[]): object {
      made ??= make.apply(type, [...given]) as new () => object
      return new made(...args)
    }
  })
}
