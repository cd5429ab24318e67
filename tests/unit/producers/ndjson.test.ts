import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { event } from '../../../app/event.ts'
import type { RecordType } from '../../../app/record.ts'
import type { NewRecord } from '../../../kafka/log.ts'
import { silentLog } from '../../../process/log.ts'
import { type BadLine, type ProduceOptions, produceRecords } from '../../../producers/ndjson.ts'
import { Producer } from '../../../producers/producer.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { type Outcome, type SimulatedLogOptions, settle, simulatedLog } from './simulatedLog.ts'

type Flight = { readonly origin: string; readonly delay: number }
const schema = {
  type: 'record',
  name: 'Flight',
  fields: [
    { name: 'origin', type: 'string' },
    { name: 'delay', type: 'int' },
  ],
}
const flight: RecordType<Flight> = { name: 'Flight', schema }
const landed = event('flight.landed', flight, { key: ({ origin }) => origin })
const line = (origin: string, delay: unknown): string => JSON.stringify({ origin, delay })

type Given = Omit<Partial<ProduceOptions>, 'lines'> & {
  readonly lines: Iterable<string | Buffer> | AsyncIterable<string | Buffer>
  readonly log?: SimulatedLogOptions
}

/** Produces to a simulated log on a clock of the test's. */
function producing({ lines, log = { partitions: 2 }, ...given }: Given) {
  const kafka = simulatedLog(log)
  const clock = manualClock(1_000)
  const bad: BadLine[] = []
  const summary = produceRecords({
    lines: (async function* () {
      yield* lines
    })(),
    event: landed,
    topic: 'flights.flight.landed',
    source: '/flights',
    producer: new Producer({ kafka, clock, log: silentLog }),
    encode: (value) => Buffer.from(JSON.stringify(value)),
    onBadLine: (each) => bad.push(each),
    clock,
    ...given,
  })
  return { kafka, clock, bad, summary }
}

const delays = (values: readonly string[] = []): readonly number[] =>
  values.map((value) => (JSON.parse(value) as Flight).delay)

describe('NDJSON', () => {
  it('becomes records with the event’s key and CloudEvents headers', async () => {
    const sent: NewRecord[] = []
    const send: Producer['send'] = async (topic, record, placement) => {
      expect([topic, placement]).toEqual(['flights.flight.landed', { kind: 'key' }])
      return { topic, partition: 0, offset: BigInt(sent.push(record)) }
    }
    const { summary } = producing({ lines: [line('JFK', 1), line('SFO', 2)], producer: { send } })
    expect(await summary).toMatchObject({ sent: 2, refused: 0, end: { kind: 'complete' } })
    expect(sent.map(({ key }) => String(key))).toEqual(['JFK', 'SFO'])
    const texts = Object.fromEntries([...sent[0]!.headers].map(([name, [text]]) => [name, String(text)]))
    expect(texts).toMatchObject({
      ce_type: 'flight.landed',
      ce_source: '/flights',
      ce_time: '1970-01-01T00:00:01.000Z',
    })
    expect(texts.ce_id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('tells every problem of a bad line by its number, and sends the others', async () => {
    const lines = [
      line('JFK', 1),
      '{"origin": 7, "delay": "late"}',
      'no json',
      '',
      Buffer.from([0x22, 0xff, 0x22]),
      line('JFK', 2),
    ]
    const { kafka, bad, summary } = producing({ lines })
    expect(await summary).toMatchObject({ sent: 2, refused: 3, end: { kind: 'complete' } })
    expect(bad.map(({ number, problems }) => [number, problems.map(({ pointer }) => pointer)])).toEqual([
      [2, ['/origin', '/delay']],
      [3, ['']],
      [5, ['']],
    ])
    expect(delays([...kafka.written.values()].flat())).toEqual([1, 2])
  })

  it('has no line that sets a header: what is not a field of the schema is a problem', async () => {
    const lines = ['{"origin":"JFK","delay":1,"headers":{"errand-seal":"x"}}']
    const { bad, summary } = producing({ lines })
    expect(await summary).toMatchObject({ sent: 0, refused: 1 })
    expect(bad[0]?.problems[0]?.pointer).toBe('/headers')
  })

  it('whose key cannot be made is a bad line', async () => {
    const keyless = event('flight.landed', flight, {
      key: () => {
        throw new Error('no gate')
      },
    })
    const { bad, summary } = producing({ lines: [line('JFK', 1)], event: keyless })
    expect((await summary).refused).toBe(1)
    expect(bad[0]?.problems[0]?.message).toContain('no gate')
  })

  it('whose record the broker finds too large is a bad line', async () => {
    const log = { partitions: 1, isTooLarge: (value: string) => value.includes('XXX') }
    const { bad, summary } = producing({ lines: [line('JFK', 1), line('XXX', 2), line('SFO', 3)], log })
    expect(await summary).toMatchObject({ sent: 2, refused: 1 })
    expect(bad.map(({ number }) => number)).toEqual([2])
  })

  it('reads no further than what is in flight has room for', async () => {
    let read = 0
    const endless = (function* () {
      for (;;) yield line('JFK', ++read)
    })()
    const abort = new AbortController()
    const released = Promise.withResolvers<Outcome>()
    const log = { partitions: 1, meets: () => released.promise }
    const { summary } = producing({ lines: endless, log, signal: abort.signal })
    await settle()
    expect(read).toBe(5_000)
    abort.abort()
    released.resolve('acknowledged')
    expect(await summary).toMatchObject({ sent: 5_000, end: { kind: 'interrupted' } })
  })

  it('that is interrupted counts what was sent, even while the input says nothing', async () => {
    const abort = new AbortController()
    const silent = (async function* () {
      yield line('JFK', 1)
      await new Promise((_, reject) => abort.signal.addEventListener('abort', reject))
    })()
    const { kafka, summary } = producing({ lines: silent, signal: abort.signal })
    await settle()
    abort.abort()
    expect(await summary).toMatchObject({ sent: 1, end: { kind: 'interrupted' } })
    expect(kafka.written.size).toBe(1)
  })

  it('fails, and says how many were sent, when Kafka does not answer for a minute', async () => {
    const log: SimulatedLogOptions = {
      partitions: 1,
      meets: ({ values }) =>
        values[0]?.includes('SFO') ? new Promise(() => undefined) : Promise.resolve('acknowledged'),
    }
    const slowly = (async function* () {
      yield line('JFK', 1)
      await settle()
      yield line('SFO', 2)
    })()
    const { clock, summary } = producing({ lines: slowly, log })
    await settle()
    await settle()
    await clock.advance(60_000)
    expect(await summary).toMatchObject({ sent: 1, end: { kind: 'failed', error: { code: 'outcome-unknown' } } })
  })

  it('fails at once for a topic that is gone', async () => {
    const { summary } = producing({ lines: [line('JFK', 1)], log: { partitions: 1, isUnknown: () => true } })
    const { end } = await summary
    expect(end.kind === 'failed' && end.error instanceof ErrandError && end.error.code).toBe('unknown-topic')
  })

  it('is written whole and in order per key, whatever appends meet', async () => {
    const outcomes = fc.infiniteStream(
      fc.constantFrom<Outcome[]>('acknowledged', 'acknowledged', 'refused', 'unanswered'),
    )
    const pauses = fc.infiniteStream(fc.integer({ min: 0, max: 3 }))
    const keys = fc.array(fc.constantFrom('JFK', 'SFO', 'LAX'), { maxLength: 50 })
    await fc.assert(
      fc.asyncProperty(keys, outcomes, pauses, async (keys, outcomes, pauses) => {
        const lines = (async function* () {
          for (const [index, key] of keys.entries()) {
            for (let left = pauses.next().value; left > 0; left--) await turn()
            yield line(key, index)
          }
        })()
        let appends = 0
        const meets = async (): Promise<Outcome> => {
          for (let left = pauses.next().value; left > 0; left--) await turn()
          return ++appends > 25 ? 'acknowledged' : outcomes.next().value
        }
        const { kafka, clock, summary } = producing({ lines, log: { partitions: 2, meets } })
        let isDone = false
        void summary.finally(() => {
          isDone = true
        })
        while (!isDone) await clock.advance(200)
        expect(await summary).toMatchObject({ sent: keys.length, refused: 0, end: { kind: 'complete' } })
        for (const key of new Set(keys)) {
          const wanted = [...keys.keys()].filter((index) => keys[index] === key)
          const written = [...kafka.written.values()].flat().filter((value) => value.includes(key))
          // Twice is allowed: an answer was lost. Without the repetitions the order is the lines'.
          expect(inOrder(delays(written))).toEqual(wanted)
        }
      }),
      { numRuns: 100 },
    )
  })
})

/** Each number once, where it comes last. */
const inOrder = (numbers: readonly number[]): readonly number[] =>
  numbers.filter((number, index) => numbers.lastIndexOf(number) === index)
