// The two objects of an exchange, born as Express wants them: it gives each request and response the app's own prototype,
// and to change an object's prototype costs V8 more than all else that Express does with it. Here nothing is left to change.
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Express } from 'express'

type ExchangeClasses = {
  readonly IncomingMessage: typeof IncomingMessage
  readonly ServerResponse: typeof ServerResponse
}

/** What the server of this app makes its exchanges of; the app is given their prototypes for its own. Once an app. */
export function exchangeClasses(app: Pick<Express, 'request' | 'response'>): ExchangeClasses {
  class AppRequest extends IncomingMessage {}
  class AppResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  Object.setPrototypeOf(AppRequest.prototype, app.request)
  Object.setPrototypeOf(AppResponse.prototype, app.response)
  Object.assign(app, { request: AppRequest.prototype, response: AppResponse.prototype })
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse }
}
