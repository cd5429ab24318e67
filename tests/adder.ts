// A small app for tests of the whole system: `add` adds two numbers in some time, fails as it is told, and tells of what it
// has done; two subscribers listen.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AvroSchema,
  type Context,
  defineApp,
  event,
  PermanentError,
  type RecordType,
  RejectedError,
  request,
  subscriber,
  UnavailableError,
} from '../app/index.ts'

type AddInput = { readonly a: number; readonly b: number; readonly takesMs: number; readonly mood: string }
type AddResult = { readonly sum: number; readonly pid: number }
type Added = { readonly sum: number; readonly from: string }

const record = <T>(name: string, fields: AvroSchema[]): RecordType<T> => ({
  name: `adder.${name}`,
  schema: { type: 'record', name, namespace: 'adder', fields },
})
const field = (name: string, type: string, rest: object = {}) => ({ name, type, ...rest })

const AddInput = record<AddInput>('AddInput', [
  field('a', 'int'),
  field('b', 'int'),
  field('takesMs', 'int', { default: 0 }),
  field('mood', 'string', { default: '' }),
])
const AddResult = record<AddResult>('AddResult', [field('sum', 'int'), field('pid', 'int')])
const Added = record<Added>('Added', [field('sum', 'int'), field('from', 'string')])

export const added = event('added', Added, { key: ({ from }) => from })

/** What the subscribers of this process have seen. */
export const seen = { logs: [] as Added[], sums: [] as Added[] }

/** Ids of requests of the mood `worn` that get on again. */
export const repaired = new Set<string>()

const note =
  (name: 'logs' | 'sums') =>
  async (each: Added, { log, id }: Context): Promise<void> => {
    seen[name].push(each)
    log.info('added.seen', { subscriber: name, event_id: id })
  }

export default defineApp({
  name: 'adder',
  partitions: 4,
  callbacks: { waitsMs: [200, 1_000, 12_000] },
  events: [added],
  subscribers: {
    logs: subscriber(added, note('logs'), { from: 'earliest' }),
    sums: subscriber(added, note('sums'), { from: 'earliest' }),
  },
  requests: {
    add: request(
      AddInput,
      AddResult,
      async ({ a, b, takesMs, mood }, { id, attempt, progress, send, signal }) => {
        if (takesMs > 0) {
          progress(0.5, 'adding')
          await sleep(takesMs, undefined, { signal })
        }
        if (mood === 'kills') process.kill(process.pid, 'SIGKILL')
        if (mood === 'rejects') throw new RejectedError('will-not', 'this is not to be added', { a, b })
        if (mood === 'rejects-oddly') throw new RejectedError('odd', 'details that have no JSON', { big: 1n })
        if (mood === 'worn' && !repaired.has(id)) throw new PermanentError('a part is worn')
        if (mood === 'permanent') throw new PermanentError('a secret of ours')
        if (mood === 'broken' || (mood === 'flaky' && attempt < 3)) throw new Error('a secret of ours')
        if (mood === 'unavailable' && Date.now() % 3 !== 0) throw new UnavailableError(5)
        send(added, { sum: a + b, from: id })
        return { sum: a + b, pid: process.pid }
      },
      { timeoutMs: 10_000, retry: { attempts: 3 }, orderingKey: true },
    ),
  },
})
