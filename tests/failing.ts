// An app whose handlers fail: an event of which some records fail always and some at first, and a request that fails as it is
// told. What handlers do they write to a file of their process, so that a SIGKILL loses nothing of it.
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AvroSchema,
  type Context,
  defineApp,
  event,
  PermanentError,
  type RecordType,
  request,
  subscriber,
  UnavailableError,
} from '../app/index.ts'

type Numbered = { readonly number: number }
type Visit = { readonly name: string; readonly failures: number }

const record = <T>(name: string, ...fields: AvroSchema[]): RecordType<T> => ({
  name: `failing.${name}`,
  schema: { type: 'record', name, namespace: 'failing', fields },
})
const field = (name: string, type: string) => ({ name, type })
const Numbered = record<Numbered>('Numbered', field('number', 'int'))
const Visit = record<Visit>('Visit', field('name', 'string'), field('failures', 'int'))

export const numbered = event('numbered', Numbered, { key: ({ number }) => `key-${number % 300}` })

/** Of a hundred records one fails for good, half of these at once, and five fail once or twice. */
export const failuresOf = (number: number): 'permanent' | 'always' | number =>
  number % 100 === 7
    ? number % 200 === 7
      ? 'permanent'
      : 'always'
    : number % 20 === 3
      ? 1 + (number % 3 === 0 ? 1 : 0)
      : 0

export type Told = {
  readonly id: string
  readonly attempt: number
  readonly atMs: number
  readonly what: 'began' | 'done'
}

const folder = process.env.FAILING_FOLDER ?? '.'
const tell = ({ id, attempt }: Context, what: Told['what']): void => {
  const told: Told = { id, attempt, atMs: Date.now(), what }
  appendFileSync(join(folder, `${process.pid}.ndjson`), `${JSON.stringify(told)}\n`)
}

/** What the handlers of all processes have done, oldest first. */
export const readTold = (from: string): readonly Told[] =>
  readdirSync(from)
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) => readFileSync(join(from, name), 'utf8').trimEnd().split('\n'))
    .map((line): Told => JSON.parse(line))
    .toSorted((one, other) => one.atMs - other.atMs)

/** While it is there, in the folder, what visits depend on is down. */
export const outage = 'outage'

export default defineApp({
  name: 'failing',
  partitions: 4,
  events: [numbered],
  subscribers: {
    counts: subscriber(
      numbered,
      async ({ number }, context: Context) => {
        tell(context, 'began')
        const failures = failuresOf(number)
        if (failures === 'permanent') throw new PermanentError('never')
        if (failures === 'always' || context.attempt <= failures) throw new Error('not now')
        tell(context, 'done')
      },
      { from: 'earliest', retry: { attempts: 4, firstWaitMs: 50, maxWaitMs: 500 } },
    ),
  },
  requests: {
    visit: request(
      Visit,
      Visit,
      async (visit, context: Context) => {
        tell(context, 'began')
        if (existsSync(join(folder, outage))) throw new UnavailableError(1_000, 'the bank is closed')
        if (context.attempt <= visit.failures) throw new Error('not now')
        tell(context, 'done')
        return visit
      },
      { retry: { attempts: 4, firstWaitMs: 4_000, maxWaitMs: 8_000 } },
    ),
  },
})
