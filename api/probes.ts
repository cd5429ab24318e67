// Probes: `/livez` says that the process turns, `/readyz` whether it should be sent work. No key, and no detail of errors.
import { type Router as ExpressRouter, Router } from 'express'
import { sendJson } from './answer.ts'
import { onlyMethods } from './endings.ts'
import { Problem } from './problems.ts'

/** By name what the process depends on: `{ kafka: 'ok', store: 'starting' }`. Ready is when all are `ok`. */
export type Readiness = Readonly<Record<string, 'ok' | 'starting' | 'failing' | 'stopping'>>

/** The routes, for the API's app or for one of their own. `ready` is called at each probe and should only look. */
export function probes(ready: () => Readiness): ExpressRouter {
  const router = Router()
  router
    .route('/livez')
    .get((_request, response) => sendJson(response, 200, '{"status":"live"}'))
    .all(onlyMethods('GET', 'HEAD'))
  router
    .route('/readyz')
    .get((_request, response) => {
      const checks = ready()
      if (Object.values(checks).some((check) => check !== 'ok'))
        throw new Problem('not-ready', 'See the checks.', { members: { checks } })
      sendJson(response, 200, JSON.stringify({ status: 'ready', checks }))
    })
    .all(onlyMethods('GET', 'HEAD'))
  return router
}
