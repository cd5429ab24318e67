// AsyncDisposableStack for Node 22, which has `using` compiled away but no such class: what the standard says
// (https://tc39.es/proposal-explicit-resource-management), and no more. It goes when Node 22 goes.

type Disposal = () => unknown

export class DisposalStack implements AsyncDisposableStack {
  readonly [Symbol.toStringTag] = 'AsyncDisposableStack'
  #disposals: Disposal[] = []
  #disposed = false

  get disposed(): boolean {
    return this.#disposed
  }

  use<T extends AsyncDisposable | Disposable | null | undefined>(value: T): T {
    this.#open()
    if (value === null || value === undefined) return value
    const dispose = Symbol.asyncDispose in value ? value[Symbol.asyncDispose] : value[Symbol.dispose]
    if (typeof dispose !== 'function') throw new TypeError('it cannot be disposed')
    this.#disposals.push(() => dispose.call(value))
    return value
  }

  adopt<T>(value: T, onDispose: (value: T) => PromiseLike<void> | void): T {
    this.defer(() => onDispose(value))
    return value
  }

  defer(onDispose: () => PromiseLike<void> | void): void {
    this.#open()
    this.#disposals.push(onDispose)
  }

  move(): AsyncDisposableStack {
    this.#open()
    const moved = new DisposalStack()
    moved.#disposals = this.#disposals
    this.#disposals = []
    this.#disposed = true
    return moved
  }

  /** In reverse order; each is awaited. What fails keeps none from being disposed: the last error wraps those before it. */
  async disposeAsync(): Promise<void> {
    this.#disposed = true
    const errors: unknown[] = []
    for (let next = this.#disposals.pop(); next; next = this.#disposals.pop()) {
      try {
        await next()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors.reduce(suppressing)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync()
  }

  #open(): void {
    if (this.#disposed) throw new ReferenceError('the stack is already disposed')
  }
}

/** Node 22 has no SuppressedError either. */
const suppressing = (suppressed: unknown, error: unknown): Error =>
  Object.assign(new Error('An error was suppressed during disposal.'), { name: 'SuppressedError', error, suppressed })
