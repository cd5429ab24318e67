// Who is asking: `Authorization: Bearer <API key>` (RFC 6750). Everything under /v1 needs one.
import type { RequestHandler } from 'express'
import type { Clients } from '../process/clients.ts'
import type { Line } from './answerLog.ts'
import { Problem } from './problems.ts'

const bearer = /^bearer +([\x21-\x7e]{1,512})$/i

/** Leaves the client in `response.locals`, or answers 401, the same for a missing key as for a wrong one. */
export const authentication =
  (clients: Clients): RequestHandler<object, unknown, unknown, unknown, Partial<Line>> =>
  (request, response, next) => {
    const key = bearer.exec(request.headers.authorization ?? '')?.[1]
    const client = key === undefined ? undefined : clients.authenticate(key)
    if (!client)
      throw new Problem('unauthenticated', 'Send "Authorization: Bearer <API key>" with a key that is known here.', {
        headers: { 'www-authenticate': 'Bearer realm="errand"' },
      })
    response.locals.client = client
    next()
  }
