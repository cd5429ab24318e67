// `/v1/ops/groups` over HTTP: who may, what is refused, what the desk is told.
import { expect, test } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import type { GroupDesk } from '../../../consumers/groupDesk.ts'
import { other, refused, runningApi } from './runningApi.ts'

const path = '/v1/ops/groups'

/** A desk that notes what it is told. */
function desk() {
  const told: unknown[] = []
  const noting: GroupDesk = {
    view: async () => [],
    control: async (name, change) => {
      if (name !== 'workers.report')
        throw new ErrandError(name === 'status' ? 'not-controllable' : 'unknown-group', 'no')
      told.push([name, change])
      return { paused: false, concurrency: null, at: new Date(0), ...change }
    },
  }
  return { told, desk: noting }
}

const put = (body: unknown): RequestInit => ({
  method: 'PUT',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})

test('a client that may not operate sees and controls nothing', async () => {
  const { told, desk: noting } = desk()
  await using api = await runningApi({ desk: noting })
  const headers = { authorization: `Bearer ${other.apiKey}` }
  await refused(api, await api.fetch(path, { headers }), 403, 'forbidden')
  await refused(api, await api.fetch(`${path}/workers.report/pause`, { method: 'POST', headers }), 403, 'forbidden')
  await refused(api, await api.fetch(path, { headers: { authorization: '' } }), 401, 'unauthenticated')
  expect(told).toEqual([])
})

test('pause, resume and concurrency are told to the group that is named', async () => {
  const { told, desk: noting } = desk()
  await using api = await runningApi({ desk: noting })
  const at = `${path}/workers.report`
  const answers = [
    await api.fetch(`${at}/pause`, { method: 'POST' }),
    await api.fetch(`${at}/resume`, { method: 'POST' }),
    await api.fetch(`${at}/concurrency`, put({ concurrency: 20 })),
    await api.fetch(`${at}/concurrency`, put({ concurrency: null })),
  ]
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202])
  expect(told).toEqual(
    [{ paused: true }, { paused: false }, { concurrency: 20 }, { concurrency: null }].map((change) => [
      'workers.report',
      change,
    ]),
  )
  expect(await (await api.fetch(path)).json()).toEqual({ groups: [] })
  expect(api.lines.filter(({ event }) => event === 'group.told')).toHaveLength(4)
})

test('an unknown group, one that cannot be controlled, another method and a wrong number are refused', async () => {
  const { told, desk: noting } = desk()
  await using api = await runningApi({ desk: noting })
  await refused(api, await api.fetch(`${path}/nobody/pause`, { method: 'POST' }), 404, 'unknown-group')
  await refused(api, await api.fetch(`${path}/status/pause`, { method: 'POST' }), 409, 'not-controllable')
  await refused(api, await api.fetch(`${path}/workers.report/pause`), 405, 'method-not-allowed')
  for (const concurrency of [0, 1.5, 10_001, '7', undefined]) {
    const answer = await api.fetch(`${path}/workers.report/concurrency`, put({ concurrency }))
    expect((await refused(api, answer, 422, 'invalid-request')).errors).toMatchObject([{ pointer: '/concurrency' }])
  }
  expect(told).toEqual([])
})
