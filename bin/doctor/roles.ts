// Does somebody run every role of the app? And how far behind is who does not?
import { recordsBehind, total } from '../../consumers/standing.ts'
import { type Group, topicsOf } from '../../kafka/catalogue.ts'
import type { Told } from '../../process/finding.ts'
import { requestsLeftBehind, whyLeftBehind } from '../leftBehind.ts'
import { type Check, type Examined, fine, found, verdict } from './check.ts'

export const groups: Check = {
  name: 'groups',
  needsKafka: true,
  ask: async (examined) => {
    const { catalogue, facts, kafka } = examined
    if (catalogue.groups.length === 0) return fine('the app has none')
    const states = await facts.groups(catalogue.groups.map(({ id }) => id))
    const there = new Set(await kafka.admin.topics())
    const lagOf = (group: Group): Promise<bigint> =>
      recordsBehind(
        kafka.admin,
        group.id,
        topicsOf(group).filter((topic) => there.has(topic)),
      )
    const lags = await Promise.all(catalogue.groups.map(lagOf))
    const empty = catalogue.groups.filter(({ id }) => (states.get(id)?.members ?? 0) === 0)
    const lag = total(lags)
    if (empty.length === catalogue.groups.length)
      return found(`nobody runs any role of this app; ${lag} records wait`, `errand start --app ${examined.appPath}`)
    const left = (await requestsLeftBehind(kafka.admin, catalogue)).map((each) => ({
      problem: whyLeftBehind(each),
      remedy: `errand start workers --only ${each.type} # in that version of the app`,
    }))
    const findings = empty.map((group) => nobody(group, lags[catalogue.groups.indexOf(group)]!, examined))
    return verdict([...findings, ...left], `${catalogue.groups.length}, all with members; ${lag} records behind in all`)
  },
}

function nobody({ role, name, id }: Group, lag: bigint, { appPath }: Examined): Told {
  const what = name === '' ? role : `${role} of ${name}`
  const only = name === '' ? '' : ` --only ${name}`
  return {
    problem: `nobody runs ${what} (group ${id}); ${lag} records wait`,
    remedy: `errand start ${role}${only} --app ${appPath}`,
  }
}

const patienceMs = 5_000

export const api: Check = {
  name: 'api',
  needsKafka: false,
  ask: async ({ config: { http }, appPath, app }) => {
    if (Object.keys(app.requests).length === 0) return fine('the app has no requests to ask for')
    if (http.port === 0) return { kind: 'unasked', why: 'ERRAND_HTTP_PORT is 0, so nobody knows where it listens' }
    const host = http.host.includes(':') ? `[${http.host}]` : http.host
    const url = `http://${host}:${http.port}/readyz`
    const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) }).catch((error: Error) => error)
    if (answer instanceof Error)
      return found(
        `nobody answers at ${url}: ${answer.cause instanceof Error ? answer.cause.message : answer.message}`,
        `errand start api --app ${appPath} # or set ERRAND_HTTP_HOST and ERRAND_HTTP_PORT to where it listens`,
      )
    if (answer.ok) return fine(`ready at ${url}`)
    const { checks = {} } = ((await answer.json().catch(() => ({}))) ?? {}) as { checks?: Record<string, string> }
    const failing = Object.entries(checks).filter(([, state]) => state !== 'ok')
    const what = failing.map(([name, state]) => `${name} is ${state}`).join(', ') || `it answers ${answer.status}`
    return found(`the API at ${url} is not ready: ${what}`, 'see the log of the process that listens there')
  },
}
