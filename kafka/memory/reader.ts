// Reads a topic in memory, outside any group.
import { setImmediate as turn } from 'node:timers/promises'
import type { LogRecord, ReadOptions } from '../log.ts'
import { isOpen, planRead } from '../readPlan.ts'
import type { MemoryBroker } from './broker.ts'

/** As many records as are taken of a partition before the next one has its turn. */
const sliceRecords = 500

/** See `Log.read`. */
export async function* readMemory(broker: MemoryBroker, name: string, options: ReadOptions): AsyncGenerator<LogRecord> {
  const { signal } = options
  const topic = broker.topic(name)
  const cursors = planRead(name, topic.offsets(), options)
  using news = watchBroker(broker, signal)
  for (; ; await news.next()) {
    for (let moved = true; moved; await turn()) {
      moved = false
      for (const cursor of cursors.filter(isOpen)) {
        const { records, nextOffset } = topic.partition(cursor.partition).read(cursor.next, sliceRecords)
        if (nextOffset <= cursor.next) continue
        cursor.next = nextOffset
        moved = true
        for (const record of records) {
          signal?.throwIfAborted()
          if (cursor.end === undefined || record.offset < cursor.end) yield record
        }
      }
    }
    signal?.throwIfAborted()
    if (!cursors.some(isOpen)) return
  }
}

/** `next` resolves when something was appended since it resolved last, or the signal has aborted. */
function watchBroker(broker: MemoryBroker, signal: AbortSignal | undefined): { next(): Promise<void> } & Disposable {
  let news = Promise.withResolvers<void>()
  const tell = (): void => news.resolve()
  const unwatch = broker.watch(tell)
  signal?.addEventListener('abort', tell)
  return {
    next: async () => {
      await news.promise
      news = Promise.withResolvers()
    },
    [Symbol.dispose]: () => {
      unwatch()
      signal?.removeEventListener('abort', tell)
    },
  }
}
