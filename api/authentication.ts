// Who is asking: `Authorization: Bearer <API key>` (RFC 6750). Everything under /v1 needs one.
import type { RequestHandler } from 'express'
import type { ClientDirectory } from '../store/clientDirectory.ts'
import type { Line } from './answerLog.ts'
import { Problem } from './problems.ts'

const needed = 'Send "Authorization: Bearer <API key>" with a key that is known here.'
/** Nobody can be told anything by it but the operator who has just started this. */
const nobody = 'Nobody has an API key yet: where this API runs, "errand clients add <name>" makes one.'
const bearer = /^bearer +([\x21-\x7e]{1,512})$/i

export type KnownClients = Pick<ClientDirectory, 'authenticate' | 'active'>

/** Leaves the client in `response.locals`, or answers 401, the same for a missing key as for a wrong one. */
export const authentication =
  (clients: KnownClients): RequestHandler<object, unknown, unknown, unknown, Partial<Line>> =>
  (request, response, next) => {
    const key = bearer.exec(request.headers.authorization ?? '')?.[1]
    const client = key === undefined ? undefined : clients.authenticate(key)
    if (!client)
      throw new Problem('unauthenticated', clients.active > 0 ? needed : nobody, {
        headers: { 'www-authenticate': 'Bearer realm="errand"' },
      })
    response.locals.client = client
    next()
  }
