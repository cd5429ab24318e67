// What every answer says to browsers: nothing here is a page, so none may run, frame or sniff it. These are the headers that
// OWASP's REST security cheat sheet asks for; helmet's others are for pages. This file alone imports helmet.
import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'

const headers: Record<string, string> = {}

// Learned once: they never change, and setting them one by one would be a good part of what a busy API does per answer.
helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xPoweredBy: false,
  xXssProtection: false,
})(
  {} as IncomingMessage,
  {
    setHeader: (name: string, text: string) => Object.assign(headers, { [name.toLowerCase()]: text }),
  } as unknown as ServerResponse,
  () => undefined,
)

export const securityHeaders: Readonly<Record<string, string>> = headers
