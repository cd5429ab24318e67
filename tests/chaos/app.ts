// The app under chaos: a request that takes as long as it is told, fails at first where it is told to, and says when it begins and ends in a file of its process,
// written before it goes on, so that a SIGKILL loses nothing of it. A subscriber hears of each one.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AvroSchema, defineApp, event, type RecordType, request, subscriber } from '../../app/index.ts'

type Step = { readonly number: number; readonly takesMs: number }
type Stepped = { readonly number: number }

/** What a handler says. */
export type Told = {
  readonly pid: number
  readonly atMs: number
  readonly id: string
  readonly what: 'began' | 'done' | 'again' | 'aborted'
}

const record = <T>(name: string, ...fields: readonly string[]): RecordType<T> => ({
  name: `chaos.${name}`,
  schema: {
    type: 'record',
    name,
    namespace: 'chaos',
    fields: fields.map((field) => ({ name: field, type: 'int' })) as AvroSchema[],
  },
})
const Stepped = record<Stepped>('Stepped', 'number')

export const stepped = event('stepped', Stepped, { key: ({ number }) => String(number) })

const folder = process.env.CHAOS_FOLDER ?? '.'
/** Of ten requests so many fail, once or twice. */
const failing = Number(process.env.CHAOS_FAILING ?? 0)
const tell = (id: string, what: Told['what']): void => {
  const told: Told = { pid: process.pid, atMs: Date.now(), id, what }
  appendFileSync(join(folder, `${process.pid}.ndjson`), `${JSON.stringify(told)}\n`)
}

export default defineApp({
  name: 'chaos',
  partitions: 6,
  events: [stepped],
  subscribers: { listener: subscriber(stepped, async () => undefined, { from: 'earliest' }) },
  requests: {
    step: request(
      record<Step>('Step', 'number', 'takesMs'),
      record<Stepped>('StepResult', 'number'),
      async ({ number, takesMs }, { id, signal, attempt }) => {
        tell(id, 'began')
        try {
          if (takesMs > 0) await sleep(takesMs, undefined, { signal })
        } catch (error) {
          tell(id, 'aborted')
          throw error
        }
        if (number % 10 < failing && attempt <= 1 + (number % 2)) {
          tell(id, 'again')
          throw new Error('not now')
        }
        tell(id, 'done')
        return { number }
      },
      { timeoutMs: 600_000, retry: { attempts: 3 }, orderingKey: true },
    ),
  },
})
