// What an app has opened for its handlers, closed.

export async function disposeResources(resources: unknown): Promise<void> {
  if (typeof resources !== 'object' || resources === null) return
  if (Symbol.asyncDispose in resources) await (resources as AsyncDisposable)[Symbol.asyncDispose]()
  else if (Symbol.dispose in resources) (resources as Disposable)[Symbol.dispose]()
}
