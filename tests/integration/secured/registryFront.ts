// A door before the real registry, as a company has one: TLS, a client certificate if wanted, basic authentication. What is
// wrong with a certificate it says as nginx does.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { Issued } from '../../certificates.ts'

export const [reader, password, stranger] = ['reader', 'readers:password', 'stranger'] as const

/** `wantsCertificateOf`: an authority, whose clients alone come in. `stranger` is known and has no rights. */
export async function registryFront(
  registryUrl: string,
  { issued, wantsCertificateOf }: { readonly issued: Issued; readonly wantsCertificateOf?: string },
): Promise<{ readonly url: string } & AsyncDisposable> {
  const target = new URL(registryUrl)
  const front = createServer(
    {
      ...{ cert: readFileSync(issued.cert), key: readFileSync(issued.key) },
      ...(wantsCertificateOf ? { ca: readFileSync(wantsCertificateOf), requestCert: true } : {}),
      rejectUnauthorized: false,
    },
    (from, to) => {
      const { authorized } = from.socket as TLSSocket
      const status = statusOf(from.headers.authorization)
      if (wantsCertificateOf && !authorized) to.writeHead(400, { 'content-type': 'text/html' }).end(nginxPage)
      else if (status === 200) pass(target, from, to)
      else to.writeHead(status, { 'content-type': 'application/json' }).end('{"error_code":40101,"message":"no"}')
    },
  )
  await once(front.listen(0, '127.0.0.1'), 'listening')
  const { port } = front.address() as { port: number }
  return {
    url: `https://127.0.0.1:${port}${target.pathname}`,
    [Symbol.asyncDispose]: async () => {
      front.closeAllConnections()
      await new Promise((resolve) => front.close(resolve))
    },
  }
}

const nginxPage = '<html><title>400 The SSL certificate error</title></html>'

function statusOf(authorization = ''): 200 | 401 | 403 {
  const said = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()
  if (said === `${stranger}:${password}`) return 403
  return said === `${reader}:${password}` ? 200 : 401
}

function pass(target: URL, from: IncomingMessage, to: ServerResponse): void {
  const { authorization: _, ...headers } = from.headers
  const passed = request(new URL(from.url ?? '/', target), { method: from.method ?? 'GET', headers }, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(to)
  })
  passed.on('error', () => to.destroy())
  from.pipe(passed)
}
