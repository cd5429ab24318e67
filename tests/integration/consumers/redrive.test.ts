// Redrives on a real broker: killed in the middle, two at a time, and of what could not be read before.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { runProgram } from '../../../bin/program.ts'
import { letterDesk } from '../../../consumers/letters/letterDesk.ts'
import { controlName, type Failures } from '../../../kafka/catalogue.ts'
import { newJourney } from '../../../kafka/journey.ts'
import { letterHeaders } from '../../../kafka/letter.ts'
import type { LogRecord, NewRecord } from '../../../kafka/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { DeadState } from '../../../schemas/platform/generated.ts'
import { command } from '../../e2e/commands.ts'
import { type RealSystem, realSystem } from '../../e2e/realSystem.ts'
import { all, somebody } from '../../unit/consumers/memoryDesk.ts'

const group = 'workers.add'
const failuresOf = ({ system }: RealSystem, name = group): Failures =>
  system.catalogue.groups.find((each) => controlName(each) === name)!.failures!
const records = async ({ system }: RealSystem, topic: string): Promise<readonly LogRecord[]> =>
  all(system.kafka.read(topic, { from: 'earliest' }))
const keyOf = ({ key }: LogRecord): string => String(key)

/** Letters of the workers, `k0` to the last, a tenth of them twice. */
async function withLetters(count: number): Promise<RealSystem> {
  const errand = await realSystem(inject('system'))
  const { producer, catalogue } = errand.system
  const { dead } = failuresOf(errand)
  const death = { code: 'permanent', message: 'it broke', atMs: Date.now(), group, worker: 'host/1' }
  const write = async (at: number): Promise<void> => {
    const place = { topic: catalogue.requests('add'), partition: at % 4, offset: BigInt(at) }
    const record = { ...place, timestampMs: 0, key: Buffer.from(`k${at}`), value: Buffer.from('x'), headers: new Map() }
    const headers = letterHeaders(record, { ...newJourney(record), attempts: 3 }, death)
    const letter: NewRecord = { key: record.key, value: record.value, headers }
    for (let times = at % 10 === 0 ? 2 : 1; times > 0; times -= 1)
      await producer.send(dead, letter, { kind: 'partition', partition: place.partition })
  }
  await Promise.all(Array.from({ length: count }, (_, at) => write(at)))
  return errand
}

const redriving = ({ env }: RealSystem, perSecond: number) =>
  command(
    process.execPath,
    ['tests/integration/consumers/redriving.ts', 'tests/adder.ts', group, String(perSecond)],
    env,
  )

/** A transaction that is committed is seen a moment later, partition by partition: the broker writes its markers afterwards. */
const whole = (errand: RealSystem, topic: string, count: number): Promise<readonly LogRecord[]> =>
  vi.waitFor(async () => {
    const found = await records(errand, topic)
    expect(found.length).toBeGreaterThanOrEqual(count)
    return found
  }, 20_000)

/** That each letter was sent once, in the order of its partition, and nothing went back to the source. */
async function expectEachOnce(errand: RealSystem, count: number): Promise<void> {
  const { retry, state } = failuresOf(errand)
  const keys = Array.from({ length: count }, (_, at) => `k${at}`)
  const copies = await whole(errand, retry, count)
  expect(copies.map(keyOf).toSorted()).toEqual(keys.toSorted())
  // Letters of one key lie in one order; here every key is one letter, so each copy's partition is its letter's.
  for (const copy of copies) expect(copy.partition).toBe(Number(keyOf(copy).slice(1)) % 4)
  const letters = await records(errand, failuresOf(errand).dead)
  for (const partition of [0, 1, 2, 3]) {
    const own = (of: readonly LogRecord[]) => of.filter((each) => each.partition === partition).map(keyOf)
    expect(own(copies)).toEqual([...new Set(own(letters))])
  }
  expect(await records(errand, errand.system.catalogue.requests('add'))).toEqual([])
  const states = await Promise.all(
    (await whole(errand, state, count)).map(({ value }) => errand.system.codec.decode(value, DeadState)),
  )
  expect(states.filter(({ kind }) => kind === 'redriven')).toHaveLength(count)
}

test('a redrive of 1,000 letters that is killed -9 again and again sends each exactly once, and none to the source', async () => {
  const errand = await withLetters(1_000)
  for (const [shown, afterMs] of [
    [/committing/, 0],
    [/redriven.*committing/s, 3],
    [/redriven/, 700],
  ] as const) {
    const process = redriving(errand, 150)
    await process.shows(shown)
    await sleep(afterMs)
    process.child.kill('SIGKILL')
    expect(await process.ended).toBe('SIGKILL')
  }
  const sent = (await records(errand, failuresOf(errand).retry)).length
  expect(sent).toBeGreaterThan(0)
  expect(sent).toBeLessThan(1_000)
  const last = redriving(errand, 100_000)
  await last.shows(/"done"/)
  expect(await last.ended).toBe(0)
  await expectEachOnce(errand, 1_000)
})

test('of two redrives at once one is told that the other goes on, and each letter is sent once', async () => {
  const errand = await withLetters(1_000)
  const both = [redriving(errand, 300), redriving(errand, 300)]
  expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0])
  const ends = both.map((each) => /"(done|takenOver)"/.exec(each.output())?.[1])
  expect(ends.toSorted()).toEqual(['done', 'takenOver'])
  await expectEachOnce(errand, 1_000)
})

test('a letter that could not be read is handled, once its reader’s schema is fixed and it is redriven', async () => {
  const app = 'tests/integration/consumers/fixable.ts'
  const errand = await realSystem(inject('system'), { app })
  const { system } = errand
  const schema = {
    ...{ type: 'record', name: 'Noted', namespace: 'fixable' },
    fields: [{ name: 'text', type: 'string' }],
  }
  const subject = `${system.catalogue.namespace}.others`
  await system.registry.register(subject, schema)
  const value = (await system.codec.encoder(subject, { name: 'fixable.Noted', schema }))({ text: 'theirs' })
  const topic = system.catalogue.event('noted')
  await system.producer.send(topic, { key: Buffer.from('k'), value, headers: new Map() }, { kind: 'key' })
  const before = await errand.start('subscribers')
  const { dead } = failuresOf(errand, 'subscribers.reader')
  await vi.waitFor(async () => expect(await records(errand, dead)).toHaveLength(1), 20_000)
  await before.program.stop()
  const desk = letterDesk({ ...system, log: system.kafka, logger: system.log, clock: systemClock })
  const [list] = await desk.list('subscribers.reader', { code: 'undecodable' }, { limit: 1 })
  expect(await desk.show('subscribers.reader', list!.letters[0]!.id)).toMatchObject({
    value: { kind: 'json', json: { text: 'theirs' } },
  })
  const lines: string[] = []
  const after = runProgram(['start', 'subscribers', '--app', app], {
    env: { ...errand.env, FIXED: '1', ERRAND_SCHEMAS: 'register' },
    onLine: (line) => lines.push(line),
  })
  onTestFinished(() => after.stop())
  const events = await all(desk.redrive('subscribers.reader', {}, { ...somebody, first: 1 }))
  expect(events.slice(-2)).toMatchObject([
    { kind: 'verdict', verdict: 'handled' },
    { kind: 'done', redriven: 1 },
  ])
  const seen = lines.filter((line) => line.includes('noted.seen')).map((line) => JSON.parse(line))
  expect(seen).toMatchObject([{ text: 'theirs', level: '7' }])
})
