// A bounded table: the entry that came first leaves first. Loads under way are shared, and failed ones are not kept.

export class Cache<Key, Value> {
  readonly #max: number
  readonly #entries = new Map<Key, Value>()
  readonly #loading = new Map<Key, Promise<Value>>()

  constructor({ max }: { readonly max: number }) {
    this.#max = max
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  set(key: Key, value: Value): Value {
    this.#entries.set(key, value)
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value!)
    return value
  }

  /** The entry, or what `load` finds. Rejects as `load` does. */
  async load(key: Key, load: (key: Key) => Promise<Value>): Promise<Value> {
    return this.#entries.get(key) ?? this.#loading.get(key) ?? this.#start(key, load)
  }

  #start(key: Key, load: (key: Key) => Promise<Value>): Promise<Value> {
    const loading = load(key)
      .then((value) => this.set(key, value))
      .finally(() => this.#loading.delete(key))
    this.#loading.set(key, loading)
    return loading
  }
}
