import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  defineApp,
  event,
  PermanentError,
  type RecordType,
  RejectedError,
  request,
  subscriber,
  UnavailableError,
} from '../../../app/index.ts'
import { testApp } from '../../../testing/index.ts'
import type { SimulatedInput } from '../../../testing/simulationParts.ts'

type Asked = { readonly word: string; readonly mood: string }
type Said = { readonly word: string }
const record = <T>(name: string, ...fields: readonly string[]): RecordType<T> => ({
  name: `shouting.${name}`,
  schema: {
    type: 'record',
    name,
    namespace: 'shouting',
    fields: fields.map((field) => ({ name: field, type: 'string', default: '' })),
  },
})
const Asked = record<Asked>('Asked', 'word', 'mood')
const Said = record<Said>('Said', 'word')
const said = event('said', Said, { key: ({ word }) => word })

type Resources = {
  readonly heard: string[]
  readonly moods: Record<string, (attempt: number, signal: AbortSignal) => unknown>
}

const app = defineApp({
  name: 'shouting',
  partitions: 3,
  resources: async (): Promise<Resources> => ({ heard: [], moods: {} }),
  events: [said],
  subscribers: {
    hears: subscriber(said, async ({ word }, { resources: { heard } }) => void heard.push(word)),
  },
  requests: {
    shout: request(
      Asked,
      Said,
      async ({ word, mood }, { resources, attempt, signal, send }) => {
        await resources.moods[mood]?.(attempt, signal)
        send(said, { word: word.toUpperCase() })
        return { word: word.toUpperCase() }
      },
      { timeoutMs: 600_000, retry: { attempts: 5 }, orderingKey: true },
    ),
  },
})

const withMoods = (moods: Resources['moods']) => {
  const heard: string[] = []
  return { heard, resources: () => ({ heard, moods }) }
}

describe('an app in a test', () => {
  test('answers what is submitted with a callback, and shows it as its resource', async () => {
    const { heard, resources } = withMoods({})
    await using errand = await testApp(app, { resources })
    const sent = await errand.submit('shout', { word: 'hey', mood: '' }, { reference: 'mine' })
    expect(await sent.resource()).toMatchObject({ id: sent.id, status: 'queued' })
    await errand.settled()
    expect(sent.callbacks).toMatchObject([
      { type: 'shout.succeeded', data: { id: sent.id, reference: 'mine', result: { word: 'HEY' } } },
    ])
    expect(await sent.resource()).toMatchObject({
      ...{ id: sent.id, type: 'shout', reference: 'mine', status: 'succeeded', result: { word: 'HEY' } },
      callback: { status: 'delivered', attempts: 1 },
    })
    expect(heard).toEqual(['HEY'])
  })

  test('hears an event that is produced', async () => {
    const { heard, resources } = withMoods({})
    await using errand = await testApp(app, { resources })
    for (const word of ['a', 'b', 'c']) await errand.produce(said, { word })
    await errand.settled()
    expect(heard.sort()).toEqual(['a', 'b', 'c'])
  })

  test('has the resources that the app opens where the test gives none', async () => {
    await using errand = await testApp(app)
    const sent = await errand.submit('shout', { word: 'hey', mood: '' })
    await errand.settled()
    expect(sent.callbacks).toHaveLength(1)
  })

  test('disposes of its resources with the test', async () => {
    const disposed: string[] = []
    const heard = { heard: [], moods: {}, [Symbol.asyncDispose]: async () => void disposed.push('them') }
    {
      await using _errand = await testApp(app, { resources: () => heard })
      expect(disposed).toEqual([])
    }
    expect(disposed).toEqual(['them'])
  })

  test('refuses what the API would refuse, and what the app does not list', async () => {
    await using errand = await testApp(app)
    await expect(errand.submit('shout', { word: 5, mood: '' } as never)).rejects.toThrow(
      'the API would refuse this with 422: /data/word must be a string',
    )
    await expect(errand.submit('shout', { word: 'a', mood: '' }, { withinMs: -1 })).rejects.toThrow('/deadline')
    const other = event('other', Said, { key: () => '' })
    await expect(errand.produce(other, { word: 'a' })).rejects.toThrow('do not list "other"')
  })

  test('takes only the input of that request type', async () => {
    await using errand = await testApp(app)
    // @ts-expect-error
    const nameless = errand.submit('whisper', { word: 'a', mood: '' })
    await expect(nameless).rejects.toThrow('no request type "whisper"')
    // @ts-expect-error
    await expect(errand.submit('shout', { words: 'a' })).rejects.toThrow('/data/words is not a field')
  })
})

describe('time passes by itself', () => {
  const within = async (limitMs: number, work: () => Promise<void>): Promise<void> => {
    const started = performance.now()
    await work()
    expect(performance.now() - started).toBeLessThan(limitMs)
  }

  test('over the waits between attempts, and over timeouts of ten minutes', () =>
    within(15_000, async () => {
      const signals: AbortSignal[] = []
      const { resources } = withMoods({
        slow: (attempt, signal) => {
          signals.push(signal)
          return attempt < 4 ? new Promise(() => undefined) : undefined
        },
      })
      await using errand = await testApp(app, { resources })
      const startMs = errand.clock.now()
      const sent = await errand.submit('shout', { word: 'hey', mood: 'slow' })
      await errand.settled()
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, false])
      expect(errand.clock.now() - startMs).toBeGreaterThan(1_800_000)
      expect(sent.callbacks).toMatchObject([{ type: 'shout.succeeded' }])
      expect(await sent.resource()).toMatchObject({ attempt: 4 })
    }))

  test('over a deadline', async () => {
    const { resources } = withMoods({ hangs: () => new Promise(() => undefined) })
    await using errand = await testApp(app, { resources })
    const sent = await errand.submit('shout', { word: 'hey', mood: 'hangs' }, { withinMs: 300_000 })
    await errand.settled()
    expect(sent.callbacks).toMatchObject([{ type: 'shout.expired', data: { error: { code: 'expired' } } }])
  })

  test('but not while a handler does something in real time', async () => {
    const { resources } = withMoods({ reads: () => sleep(20) })
    await using errand = await testApp(app, { resources })
    const startMs = errand.clock.now()
    await errand.submit('shout', { word: 'hey', mood: 'reads' })
    await errand.settled()
    expect(errand.clock.now() - startMs).toBeLessThan(2_000)
  })

  test('and stands nowhere where a handler waits by the clock that its resources are given', () =>
    within(15_000, async () => {
      await using errand = await testApp(app, {
        resources: ({ clock }) => ({ heard: [], moods: { naps: () => clock.sleep(100_000) } }),
      })
      const asked = Array.from({ length: 10 }, (_, index) =>
        errand.submit('shout', { word: `${index}`, mood: 'naps' }, { orderingKey: 'one after the other' }),
      )
      const sent = await Promise.all(asked)
      await errand.settled()
      expect(sent.every(({ callbacks }) => callbacks.length === 1)).toBe(true)
    }))
})

test('failures end as they do for a client', async () => {
  const { resources } = withMoods({
    rejects: () => Promise.reject(new RejectedError('too-loud', 'not here', { limit: 3 })),
    broken: () => Promise.reject(new Error('a secret')),
    permanent: () => Promise.reject(new PermanentError('a secret')),
    waits: (attempt) => Promise.reject(new UnavailableError(attempt)),
    flaky: (attempt) => (attempt < 3 ? Promise.reject(new Error('a secret')) : undefined),
  })
  await using errand = await testApp(app, { resources })
  const codes: Record<string, string | undefined> = {}
  for (const mood of ['rejects', 'broken', 'permanent', 'flaky']) {
    const sent = await errand.submit('shout', { word: 'a', mood })
    await errand.settled()
    codes[mood] = sent.callbacks[0]?.data.error?.code ?? sent.callbacks[0]?.data.status
  }
  expect(codes).toEqual({ rejects: 'too-loud', broken: 'internal', permanent: 'internal', flaky: 'succeeded' })
})

describe('a process', () => {
  const killing = (kills: string) => (input: SimulatedInput) => ({
    heard: [],
    moods: { [kills]: input.crash, slow: () => input.clock.sleep(20_000) },
  })

  test('that a handler ends again and again is replaced until the record is given up, and no other record is', async () => {
    await using errand = await testApp(app, { resources: killing('kills') })
    const [killer, slow, quick] = await Promise.all(
      ['kills', 'slow', ''].map((mood) => errand.submit('shout', { word: 'a', mood })),
    )
    await errand.settled()
    expect(killer?.callbacks).toMatchObject([{ type: 'shout.failed', data: { error: { code: 'internal' } } }])
    for (const sent of [slow, quick]) expect(sent?.callbacks).toMatchObject([{ type: 'shout.succeeded' }])
    expect(await errand.deadLetters()).toMatchObject([
      { id: killer?.id, group: 'workers.shout', code: 'killed-its-process' },
    ])
  })

  test('is ended by a handler of its own only', async () => {
    let crash = async (): Promise<never> => Promise.reject(new Error('not given'))
    await using _errand = await testApp(app, {
      resources: (input) => {
        crash = input.crash
        return { heard: [], moods: {} }
      },
    })
    await expect(crash()).rejects.toThrow('ends the process of the handler that calls it')
  })
})

test('what is given up is told, with the reason', async () => {
  const { resources } = withMoods({ broken: () => Promise.reject(new PermanentError('the printer is gone')) })
  await using errand = await testApp(app, { resources })
  const { id } = await errand.submit('shout', { word: 'a', mood: 'broken' })
  await errand.settled()
  expect(await errand.deadLetters()).toEqual([
    { id, group: 'workers.shout', code: 'permanent', message: expect.stringContaining('the printer is gone') },
  ])
})
