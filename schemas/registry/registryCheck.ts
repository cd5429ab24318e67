// Is the schema registry there, as the configuration says? Asked by `errand doctor`, and at the start of every verb that
// needs it: a wrong password would else be met record by record.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { PeerCertificate } from 'node:tls'
import { systemClock } from '../../process/clock.ts'
import type { RegistryConfig } from '../../process/config.ts'
import { asMisconfigured, type Finding } from '../../process/finding.ts'
import { speaksTls } from '../../process/knock.ts'
import { withoutPassword } from './registry.ts'
import { judgeRegistry, type Seen } from './registryDiagnosis.ts'

/** Asks it for its schema types, once. `limitMs` (default 5,000) is for the answer. Never rejects. */
export async function diagnoseRegistry(config: RegistryConfig, { limitMs = 5_000 } = {}): Promise<Finding> {
  const asked = await ask(config, limitMs)
  const url = new URL(config.url)
  const address = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) }
  const isOdd = asked.kind !== 'answered' || asked.status === 400
  const seen: Seen = url.protocol === 'http:' && isOdd && (await speaksTls(address)) ? { kind: 'tls' } : asked
  return judgeRegistry({ config, shownUrl: withoutPassword(config.url), seen, nowMs: systemClock.now() })
}

/** Throws `misconfigured` with the remedy. A registry that is away passes: who needs it will see. */
export async function checkRegistry(config: RegistryConfig): Promise<void> {
  const finding = await diagnoseRegistry(config)
  if (finding.kind === 'misconfigured') throw asMisconfigured(finding)
}

/** What more of an answer says nothing new. */
const longest = 10_000

function ask({ url, auth, tls }: RegistryConfig, limitMs: number): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>()
  const isHttps = url.startsWith('https:')
  const request = (isHttps ? requestHttps : requestHttp)(`${url.replace(/\/$/, '')}/schemas/types`, {
    agent: false,
    ...(auth ? { auth: `${auth.username}:${auth.password}` } : {}),
    ...(isHttps ? tls : {}),
    signal: AbortSignal.timeout(limitMs),
  })
  request.on('response', (response) => {
    let text = ''
    const { statusCode: status = 0, headers } = response
    const answer = (): void => {
      resolve({ kind: 'answered', status, text, location: headers.location })
      request.destroy()
    }
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.length > longest) answer()
    })
    response.on('end', answer).on('error', answer)
  })
  request.on('error', (error: NodeJS.ErrnoException & { readonly cert?: PeerCertificate }) => {
    const { name, code = '', message, cert } = error
    const why = name === 'AbortError' ? `no answer within ${limitMs} ms` : message
    resolve({ kind: 'failed', failure: { code, message: why, names: cert?.subjectaltname } })
  })
  request.end()
  return promise
}
