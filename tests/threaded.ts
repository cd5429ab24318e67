// An app for tests of long work: `compute` runs in threads, `wait` in the process's own, and both do as their input tells.
// `computed` is sent by whatever is done, and followed in a thread.
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, threadId } from 'node:worker_threads'
import {
  type AvroSchema,
  type Context,
  defineApp,
  ErrandError,
  event,
  PermanentError,
  type RecordType,
  RejectedError,
  type ResourcesInput,
  request,
  subscriber,
  UnavailableError,
} from '../app/index.ts'

export type Order = { readonly what: string; readonly ms: number; readonly bytes: Buffer }
export type Done = { readonly thread: number; readonly pid: number; readonly bytes: Buffer }
type Resources = AsyncDisposable & { readonly openedIn: number }

const record = <T>(name: string, fields: AvroSchema[]): RecordType<T> => ({
  name: `threaded.${name}`,
  schema: { type: 'record', name, namespace: 'threaded', fields },
})
const bytes = { name: 'bytes', type: 'bytes', default: '' }
const Order = record<Order>('Order', [{ name: 'what', type: 'string' }, { name: 'ms', type: 'int', default: 0 }, bytes])
const Done = record<Done>('Done', [{ name: 'thread', type: 'int' }, { name: 'pid', type: 'int' }, bytes])

export const computed = event('computed', Done, { key: ({ pid }) => String(pid) })
const unlisted = event('unlisted', Done, { key: () => '' })

function spin(ms: number, each: (fraction: number) => void = () => undefined): void {
  const startMs = performance.now()
  for (let spentMs = 0; spentMs < ms; spentMs = performance.now() - startMs) each(spentMs / ms)
}

async function work({ what, ms, bytes }: Order, context: Context<Resources>): Promise<Done> {
  const { signal, progress, log, send, resources } = context
  log.info('work.began', { what, thread: threadId, openedIn: resources.openedIn })
  switch (what) {
    case 'spins':
      spin(ms, progress)
      break
    case 'spins-later':
      await sleep(5)
      spin(ms)
      break
    case 'sleeps':
      await sleep(ms, undefined, { signal })
      break
    case 'ignores-its-signal':
      await sleep(ms)
      break
    case 'exits':
      process.exit(7)
      break
    case 'throws-uncaught':
      setTimeout(() => {
        throw new Error('out of nowhere')
      }, 0)
      await sleep(60_000, undefined, { signal })
      break
    case 'hoards':
      for (const all: unknown[] = []; ; ) all.push(new Array(10_000).fill(all.length))
    case 'rejects':
      throw new RejectedError('will-not', 'this is not to be done', { ms })
    case 'permanent':
      throw new PermanentError('a secret of ours')
    case 'unavailable':
      throw new UnavailableError(1_234)
    case 'errand':
      throw new ErrandError('of-its-own', 'a code of its own')
    case 'broken':
      throw new RangeError('too far')
    case 'throws-text':
      throw 'no error at all'
    case 'returns-a-function':
      return { thread: threadId, pid: process.pid, bytes: (() => undefined) as never }
    case 'sends-unlisted':
      send(unlisted, { thread: threadId, pid: process.pid, bytes })
      break
  }
  const done = { thread: isMainThread ? 0 : threadId, pid: process.pid, bytes }
  send(computed, done)
  return done
}

export default defineApp<Resources>({
  name: 'threaded',
  partitions: 4,
  resources: async ({ log }: ResourcesInput) => {
    log.info('resources.opened')
    return { openedIn: threadId, [Symbol.asyncDispose]: async () => log.info('resources.closed') }
  },
  events: [computed],
  subscribers: {
    follows: subscriber(
      computed,
      async (_: Done, { log }: Context<Resources>) => log.info('computed.followed', { isMainThread }),
      { from: 'earliest', isolate: 'thread' },
    ),
  },
  requests: {
    compute: request(Order, Done, work, {
      timeoutMs: Number(process.env.THREADED_TIMEOUT_MS || 12_000),
      retry: { attempts: 2 },
      isolate: 'thread',
    }),
    wait: request(Order, Done, work, { timeoutMs: 600_000, retry: { attempts: 2 } }),
  },
})
