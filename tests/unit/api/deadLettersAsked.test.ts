// Who asks for letters and does not wait for the answer: nobody goes on looking for it.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { test } from 'vitest'
import { letter } from '../letters.ts'
import { desk, own, path } from './notingLetterDesk.ts'
import { eventually, refused, runningApi } from './runningApi.ts'

/** A desk that looks for ever, until it is told to stop. */
function looking() {
  const state = { begun: 0, ended: 0 }
  const forEver = async (signal: AbortSignal | undefined): Promise<never> => {
    state.begun += 1
    await once(signal!, 'abort')
    state.ended += 1
    throw signal!.reason
  }
  const { letterDesk } = desk({
    list: (_group, _filter, { signal }) => forEver(signal),
    show: (_group, _id, options) => forEver(options?.signal),
    plan: (_group, _filter, options) => forEver(options?.signal),
  })
  return { state, letterDesk }
}

const asked = [
  { what: 'lists of all groups', method: 'GET', at: path, body: undefined },
  { what: 'a list', method: 'GET', at: own, body: undefined },
  { what: 'a letter', method: 'GET', at: `${own}/letters/${letter().id}`, body: undefined },
  { what: 'a plan to redrive', method: 'POST', at: `${own}/redrive`, body: '{"all":true,"dryRun":true}' },
  { what: 'a plan to skip', method: 'POST', at: `${own}/skip`, body: '{"all":true,"dryRun":true}' },
] as const

test.each(asked)('$what: the client that leaves ends it', async ({ method, at, body }) => {
  const { state, letterDesk } = looking()
  await using api = await runningApi({ letterDesk })
  const headers = { authorization: `Bearer ${api.client.apiKey}`, 'content-type': 'application/json' }
  const asking = httpRequest(`${api.server.url}${at}`, { method, agent: false, headers })
  asking.on('error', () => undefined)
  asking.end(body)
  await eventually(() => state).toEqual({ begun: 1, ended: 0 })
  asking.destroy()
  await eventually(() => state).toEqual({ begun: 1, ended: 1 })
})

test.each(asked)('$what: the process that stops ends it, and says so', async ({ method, at, body }) => {
  const { state, letterDesk } = looking()
  const stopping = new AbortController()
  await using api = await runningApi({ letterDesk, stopping: stopping.signal })
  const answer = method === 'GET' ? api.fetch(at) : api.post(at, JSON.parse(body))
  await eventually(() => state).toEqual({ begun: 1, ended: 0 })
  stopping.abort()
  await refused(api, await answer, 503, 'stopping')
})
