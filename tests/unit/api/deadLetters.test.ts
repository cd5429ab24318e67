// `/v1/ops/dead-letters` over HTTP: who may, what is refused, what the desk is told, how a redrive's events come, and what ends it.
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { memoryDesk } from '../consumers/memoryDesk.ts'
import { letter } from '../letters.ts'
import { desk, own, path } from './notingLetterDesk.ts'
import { eventually, other, type RunningApi, refused, runningApi, startMs } from './runningApi.ts'

const linesOf = async (answer: Response): Promise<unknown[]> => {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
  return (await answer.text()).split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []))
}

test('a client that may not operate sees nothing and sends nothing', async () => {
  const { told, letterDesk } = desk()
  await using api = await runningApi({ letterDesk })
  const headers = { authorization: `Bearer ${other.apiKey}` }
  for (const at of [path, own, `${own}/letters/${letter().id}`])
    await refused(api, await api.fetch(at, { headers }), 403, 'forbidden')
  for (const verb of ['redrive', 'skip'])
    await refused(api, await api.post(`${own}/${verb}`, { all: true }, { headers }), 403, 'forbidden')
  await refused(api, await api.fetch(path, { headers: { authorization: '' } }), 401, 'unauthenticated')
  expect(told).toEqual([])
})

test('letters are listed with their histogram, by every filter; times are RFC 3339, offsets numbers', async () => {
  const { told, letterDesk } = desk()
  await using api = await runningApi({ letterDesk })
  const query = 'code=c&key=k&since=2h&until=2029-12-31T23:00:00Z&id=i&text=a%20b&state=redriven&limit=3'
  const answer = await api.fetch(`${own}?${query}`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({
    group: 'workers.report',
    open: 30,
    histogram: { code: [{ value: 'retries-exhausted', letters: 28 }, {}] },
    audits: [{ action: 'a1', at: '2026-11-29T11:02:03.456Z', by: 'ann@desk' }],
    letters: [
      {
        id: letter().id,
        state: 'open',
        diedAt: '2026-11-29T11:02:03.456Z',
        firstFailedAt: '2026-11-29T11:01:58.456Z',
        origin: { topic: 'test.requests.report', partition: 3, offset: 17 },
        at: { offset: 2 },
      },
    ],
  })
  const all = (await (await api.fetch(path)).json()) as { groups: unknown[] }
  expect(all.groups).toHaveLength(1)
  const hourMs = 3_600_000
  expect(told).toEqual([
    [
      'list',
      'workers.report',
      { code: 'c', key: 'k', sinceMs: startMs - 2 * hourMs, untilMs: startMs - hourMs, id: 'i', text: 'a b' },
      { state: 'redriven', limit: 3 },
    ],
    ['list', undefined, {}, { state: 'open', limit: 20 }],
  ])
})

test('one letter is shown by its id, slashes and all; one of another group is not there', async () => {
  const { told, letterDesk } = desk()
  await using api = await runningApi({ letterDesk })
  const answer = await api.fetch(`${own}/letters/${letter().id}`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({
    id: letter().id,
    reason: { code: 'retries-exhausted', message: 'no such table: flights', stack: 'at one\nat two' },
    value: { kind: 'json', json: { airport: 'SEA' } },
    headers: [{ name: 'ce_id', value: 'report_1' }, {}],
  })
  const strange = await api.fetch(`${own}/letters/workers.other/test.requests.other/0/1/1`)
  await refused(api, strange, 404, 'unknown-letter')
  expect(told).toEqual([
    ['show', 'workers.report', letter().id],
    ['show', 'workers.report', 'workers.other/test.requests.other/0/1/1'],
  ])
})

test('a redrive answers its events, a line each, in the name of the client that asked', async () => {
  const { told, letterDesk } = desk()
  await using api = await runningApi({ letterDesk })
  const answer = await api.post(`${own}/redrive`, { filter: { code: 'c' }, first: 2, perSecond: 50 })
  expect(await linesOf(answer)).toMatchObject([
    { kind: 'planned', letters: 1 },
    { kind: 'verdict', verdict: 'succeeded', letter: { id: letter().id, origin: { offset: 17 } } },
    { kind: 'done', action: 'a1', redriven: 1 },
  ])
  expect(await linesOf(await api.post(`${own}/skip`, { all: true }))).toEqual([
    { kind: 'done', action: 'a2', skipped: 1 },
  ])
  const value = { airport: 'SEA' }
  const edit = { filter: { id: letter().id }, edited: { id: letter().id, value } }
  await linesOf(await api.post(`${own}/redrive`, edit))
  expect(told).toEqual([
    ['redrive', 'workers.report', { code: 'c' }, { by: 'development', first: 2, perSecond: 50 }],
    ['skip', 'workers.report', {}, { by: 'development' }],
    ['redrive', 'workers.report', { id: letter().id }, { by: 'development', edited: new Map([[letter().id, value]]) }],
  ])
  expect(api.lines.filter(({ event }) => event === 'letters.changed')).toHaveLength(3)
})

test('a dry run says what would go, and sends nothing', async () => {
  const { told, letterDesk } = desk()
  await using api = await runningApi({ letterDesk })
  const plan = await (await api.post(`${own}/redrive`, { filter: { key: 'k' }, dryRun: true })).json()
  expect(plan).toMatchObject({ letters: 1, first: [{ does: 'send', run: 2, letter: { origin: { offset: 17 } } }] })
  expect(await (await api.post(`${own}/skip`, { all: true, dryRun: true })).json()).toEqual({
    ...{ group: 'workers.report', letters: 1 },
    first: [expect.objectContaining({ id: letter().id })],
  })
  expect(told.map((call) => (call as unknown[])[0])).toEqual(['plan', 'plan'])
})

test('an unknown group, another method and a desk that refuses an edit are problems, before anything is sent', async () => {
  const { told, letterDesk } = desk()
  await using api = await runningApi({ letterDesk })
  await refused(api, await api.fetch(`${path}/nobody`), 404, 'unknown-group')
  await refused(api, await api.fetch(`${path}/nobody/letters/a`), 404, 'unknown-group')
  for (const verb of ['redrive', 'skip']) {
    await refused(api, await api.post(`${path}/nobody/${verb}`, { all: true }), 404, 'unknown-group')
    await refused(api, await api.fetch(`${own}/${verb}`), 405, 'method-not-allowed')
  }
  await refused(api, await api.post(own, {}), 405, 'method-not-allowed')
  expect(told).toEqual([])
  const strict = desk({
    // biome-ignore lint/correctness/useYield: it refuses before there is an event
    async *redrive() {
      throw new ErrandError('invalid-edit', '/airport must be a string')
    },
  })
  await using other = await runningApi({ letterDesk: strict.letterDesk })
  const body = { filter: { id: 'a' }, edited: { id: 'a', value: { airport: 1 } } }
  const problem = await refused(other, await other.post(`${own}/redrive`, body), 422, 'invalid-edit')
  expect(problem.detail).toContain('/airport must be a string')
})

/** A redrive that goes on until it is told to stop. */
function endless() {
  const state = { started: 0, stopped: 0 }
  const { letterDesk } = desk({
    async *redrive(_group, _filter, { signal }) {
      state.started += 1
      yield { kind: 'planned', letters: 9, parked: 0, pastDeadline: 0 }
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      state.stopped += 1
      yield { kind: 'stopped', because: 'aborted', why: 'told to', action: 'a1', redriven: 1, parked: 0 }
    },
  })
  return { state, letterDesk }
}

/** Starts one over a connection of its own, and reads until the first event is there. */
async function begun({ server, client }: RunningApi): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${client.apiKey}`, 'content-type': 'application/json' }
  const asking = httpRequest(`${server.url}${own}/redrive`, { method: 'POST', agent: false, headers })
  asking.end('{"all":true}')
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  expect(String((await once(answer, 'data'))[0])).toContain('planned')
  return answer
}

test('a group is redriven once at a time, under whichever of its names; the client that leaves stops it', async () => {
  const { state, letterDesk } = endless()
  await using api = await runningApi({ letterDesk })
  const first = await begun(api)
  await refused(api, await api.post(`${own}/redrive`, { all: true }), 409, 'already-changing')
  await refused(api, await api.post(`${path}/test.workers.report/skip`, { all: true }), 409, 'already-changing')
  first.destroy()
  await eventually(() => state).toEqual({ started: 1, stopped: 1 })
  await linesOf(await api.post(`${own}/skip`, { all: true }))
  const second = await begun(api)
  second.destroy()
  await eventually(() => state).toEqual({ started: 2, stopped: 2 })
})

test('a process that stops ends a redrive after its transaction, and the client is told', async () => {
  const { state, letterDesk } = endless()
  const stopping = new AbortController()
  await using api = await runningApi({ letterDesk, stopping: stopping.signal })
  const answer = await begun(api)
  stopping.abort()
  expect(String((await once(answer, 'data'))[0])).toContain('"because":"aborted"')
  expect(state).toEqual({ started: 1, stopped: 1 })
})

test('what fails on the way is told as a last line, without what it says inside', async () => {
  const { letterDesk } = desk({
    async *redrive() {
      yield { kind: 'planned', letters: 9, parked: 0, pastDeadline: 0 }
      throw new Error('a secret of ours')
    },
  })
  await using api = await runningApi({ letterDesk })
  expect(await linesOf(await api.post(`${own}/redrive`, { all: true }))).toEqual([
    { kind: 'planned', letters: 9, parked: 0, pastDeadline: 0 },
    expect.objectContaining({ kind: 'failed', type: 'urn:errand:problem:internal', status: 500 }),
  ])
  expect(api.lines).toContainEqual(expect.objectContaining({ event: 'request.failed', problem: 'internal' }))
})

test('over a real desk: what is listed is shown under its id, redriven in the name of the client, and open no more', async () => {
  const errand = await memoryDesk()
  for (let n = 0; n < 3; n += 1) await errand.die({ ...errand.request(), partition: n })
  await using api = await runningApi({ letterDesk: errand.desk, catalogue: errand.platform.catalogue })
  type Listed = { readonly open: number; readonly letters: { id: string }[]; readonly audits: object[] }
  const list = async () => (await (await api.fetch(`${path}/workers.add`)).json()) as Listed
  const { open, letters } = await list()
  expect([open, letters.length]).toEqual([3, 3])
  const shown = await api.fetch(`${path}/workers.add/letters/${letters[0]!.id}`)
  expect(await shown.json()).toMatchObject({ id: letters[0]!.id, value: { kind: 'json', json: { a: 1, b: 2 } } })
  await refused(api, await api.fetch(`${path}/subscribers.logs/letters/${letters[0]!.id}`), 404, 'unknown-letter')
  const order = { filter: { id: letters[0]!.id }, edited: { id: letters[0]!.id, value: { a: 'one' } } }
  await refused(api, await api.post(`${path}/workers.add/redrive`, order), 422, 'invalid-edit')
  expect(await linesOf(await api.post(`${path}/workers.add/redrive`, { all: true }))).toMatchObject([
    { kind: 'redriven', letters: 3 },
    { kind: 'done', redriven: 3 },
  ])
  expect(await list()).toMatchObject({ open: 0, audits: [{ verb: 'redrive', by: 'development', letters: 3 }] })
  expect(await linesOf(await api.post(`${path}/workers.add/skip`, { all: true }))).toMatchObject([{ skipped: 0 }])
  await refused(api, await api.post(`${path}/status/skip`, { all: true }), 404, 'unknown-group')
})
