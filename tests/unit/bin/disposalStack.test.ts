// Twice: over Node's own class, which says what is right, and over the one for Node 22.
import { describe, expect, test } from 'vitest'
import { DisposalStack } from '../../../bin/disposalStack.ts'

describe.each([
  ['Node’s own', AsyncDisposableStack],
  ['the one for Node 22', DisposalStack],
])('%s', (_name, Stack) => {
  const told: string[] = []
  const disposable = (name: string): AsyncDisposable => ({
    [Symbol.asyncDispose]: async () => {
      await Promise.resolve()
      told.push(name)
    },
  })

  test('disposes in reverse order, one after the other, once', async () => {
    told.length = 0
    const stack = new Stack()
    expect(stack.use(null)).toBe(null)
    stack.use(disposable('used'))
    stack.use({ [Symbol.dispose]: () => void told.push('synchronous') })
    expect(stack.adopt('adopted', (value) => void told.push(value))).toBe('adopted')
    stack.defer(() => void told.push('deferred'))
    await stack.disposeAsync()
    await stack[Symbol.asyncDispose]()
    expect(told).toEqual(['deferred', 'adopted', 'synchronous', 'used'])
    expect(stack.disposed).toBe(true)
    expect(() => stack.defer(() => undefined)).toThrow(ReferenceError)
  })

  test('what was moved is disposed by its new owner alone', async () => {
    told.length = 0
    let moved: AsyncDisposableStack
    {
      await using stack = new Stack()
      stack.use(disposable('used'))
      moved = stack.move()
    }
    expect(told).toEqual([])
    await moved.disposeAsync()
    expect(told).toEqual(['used'])
  })

  test('an error keeps nothing from being disposed, and none is lost', async () => {
    told.length = 0
    const stack = new Stack()
    stack.use(disposable('used'))
    const [first, second] = [new Error('first'), new Error('second')]
    stack.defer(() => Promise.reject(second))
    stack.defer(() => {
      throw first
    })
    await expect(stack.disposeAsync()).rejects.toMatchObject({
      name: 'SuppressedError',
      error: second,
      suppressed: first,
    })
    expect(told).toEqual(['used'])
    const one = new Stack()
    one.defer(() => Promise.reject(first))
    await expect(one.disposeAsync()).rejects.toBe(first)
  })

  test('what cannot be disposed is refused', () => {
    expect(() => new Stack().use({} as Disposable)).toThrow(TypeError)
  })
})
