// The API as a value: an Express app that a server can listen with, made of everything it needs.
import express, { type Express, type RequestHandler } from 'express'
import type { AnyApp } from '../app/app.ts'
import type { Logger } from '../app/context.ts'
import type { GroupDesk } from '../consumers/groupDesk.ts'
import type { LetterDesk } from '../consumers/letters/letterDesk.ts'
import type { Catalogue } from '../kafka/catalogue.ts'
import type { Clock } from '../process/clock.ts'
import type { Keyring } from '../process/keyring.ts'
import type { Producer } from '../producers/producer.ts'
import type { Store } from '../store/store.ts'
import { answerLog } from './answerLog.ts'
import { authentication, type KnownClients } from './authentication.ts'
import { answerProblem, unknownRoute } from './endings.ts'
import { addLetterRoutes } from './ops/deadLetters.ts'
import { addGroupRoutes } from './ops/groups.ts'
import { probes, type Readiness } from './probes.ts'
import { addRequestRoutes } from './requests.ts'
import { addTypeRoutes, requestTypes } from './requestTypes.ts'

export type ApiOptions = {
  readonly app: AnyApp
  readonly catalogue: Catalogue
  readonly producer: Pick<Producer, 'send'>
  /** Asked once a request type: what writes its input as a record's value. */
  readonly encoder: (type: string) => (value: unknown) => Buffer
  readonly store: Store
  readonly keyring: Keyring
  readonly clients: KnownClients
  /** Sees and controls groups, for clients that may operate. */
  readonly desk: GroupDesk
  /** Dead letters, for the same clients. */
  readonly letterDesk: LetterDesk
  readonly clock: Clock
  readonly log: Logger
  readonly ready: () => Readiness
  /** Why a callback URL is not allowed, as its client may read it, or undefined where it is. */
  readonly callbackPolicy: (url: string) => string | undefined
  /** How long a request may take to be acknowledged by the broker, ms; every API of one system must have the same (I9). */
  readonly sendDeadlineMs?: number
  /** Largest body, inflated. */
  readonly maxBodyBytes?: number
  /** Aborts when the process begins to stop: whoever waits (`?wait=`) is answered with what there is (I7). */
  readonly stopping?: AbortSignal
}

const never = new AbortController().signal

export function createApi(options: ApiOptions): Express {
  const { app, catalogue, encoder, clients, clock, log, ready } = options
  const { sendDeadlineMs = 10_000, maxBodyBytes = 524_288, stopping = never } = options
  const types = requestTypes(app, catalogue, encoder)
  const logged = answerLog(log, clock)
  const authenticated = authentication(clients)
  const guard = ((request, response, next) =>
    logged(request, response, () => authenticated(request, response, next))) as RequestHandler
  const api = bare()
  // Flat, few handlers a route, and first what is asked most: Express goes through all that come before for each request.
  addRequestRoutes(api, guard, { ...options, types, source: catalogue.source, sendDeadlineMs, maxBodyBytes, stopping })
  addTypeRoutes(api, guard, app)
  addGroupRoutes(api, guard, options.desk)
  addLetterRoutes(api, guard, { ...options, maxBodyBytes, stopping })
  return api.use('/v1', guard, unknownRoute).use(probes(ready)).use(logged, unknownRoute).use(answerProblem)
}

/** An app with the probes alone, for processes without the API. */
export const createProbes = (ready: () => Readiness): Express =>
  bare().use(probes(ready)).use(unknownRoute, answerProblem)

/** Entity tags are our own. */
const bare = (): Express => express().disable('x-powered-by').disable('etag').set('query parser', 'simple')
