// What is probably wrong with the way to the schema registry, and what to do: a pure judgement of what it answered.
import type { RegistryConfig } from '../../process/config.ts'
import { away, type Finding, misconfigured } from '../../process/finding.ts'
import { type TlsFailure, tlsFault } from '../../process/tlsFault.ts'

export type Seen =
  /** `text` is the beginning of the body. */
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly text: string
      readonly location?: string | undefined
    }
  | { readonly kind: 'failed'; readonly failure: TlsFailure }
  /** We speak http, and it speaks TLS. */
  | { readonly kind: 'tls' }

export type RegistryEvidence = {
  readonly config: RegistryConfig
  /** The URL without its password. */
  readonly shownUrl: string
  readonly seen: Seen
  readonly nowMs: number
}

export function judgeRegistry(evidence: RegistryEvidence): Finding {
  const { config, shownUrl, seen, nowMs } = evidence
  const server = `The schema registry at ${shownUrl}`
  switch (seen.kind) {
    case 'tls':
      return misconfigured(
        `${server} speaks TLS, and SCHEMA_REGISTRY_URL begins with http://.`,
        'Write https:// there, and set SCHEMA_REGISTRY_CA_FILE where no public authority has signed its certificate.',
      )
    case 'failed': {
      const { failure } = seen
      if (noTls.test(failure.message))
        return misconfigured(
          `${server} does not speak TLS on that port, and SCHEMA_REGISTRY_URL begins with https://.`,
          'Name its TLS port; or write http://, and everything is sent in the clear.',
        )
      const fault = tlsFault(failure, { server, names, tls: config.tls ?? {}, nowMs })
      return fault
        ? { kind: 'misconfigured', ...fault }
        : away(`${server} is not available: ${failure.message.trim()}.`, 'Start it, or correct SCHEMA_REGISTRY_URL.')
    }
    case 'answered': {
      const isAboutTls = seen.status === 400 && /SSL certificate/i.test(seen.text) // as nginx says it
      const fault = isAboutTls && tlsFault(refusedCertificate, { server, names, tls: config.tls ?? {}, nowMs })
      return fault ? { kind: 'misconfigured', ...fault } : judgeAnswer(server, config, seen)
    }
    default:
      return seen satisfies never
  }
}

const refusedCertificate: TlsFailure = { code: 'ALERT_CERTIFICATE_REQUIRED', message: '' }

/** As OpenSSL calls bytes that are no TLS. */
const noTls = /wrong version number|packet length too long|http request/i

const names = {
  address: 'SCHEMA_REGISTRY_URL',
  ca: 'SCHEMA_REGISTRY_CA_FILE',
  cert: 'SCHEMA_REGISTRY_CERT_FILE',
  key: 'SCHEMA_REGISTRY_KEY_FILE',
}

function judgeAnswer(
  server: string,
  { auth }: RegistryConfig,
  { status, text, location }: Extract<Seen, { readonly kind: 'answered' }>,
): Finding {
  const who = auth ? `the user "${auth.username}"` : 'who does not say who he is'
  if (status === 401)
    return auth
      ? misconfigured(
          `${server} refuses ${who} (401).`,
          'Correct SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD.',
        )
      : misconfigured(
          `${server} asks who we are (401), and SCHEMA_REGISTRY_USERNAME is not set.`,
          'Set SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD.',
        )
  if (status === 403)
    return misconfigured(
      `${server} does not serve ${who} (403).`,
      'Have the rights granted to read and to register schemas, or use another SCHEMA_REGISTRY_USERNAME.',
    )
  if (status >= 500 || status === 429 || status === 408)
    return away(`${server} answers with status ${status}.`, 'Try again; its own log may say why.')
  if (status >= 300 && status < 400)
    return misconfigured(
      `${server} sends us on to ${location ?? 'elsewhere'} (${status}).`,
      'Set SCHEMA_REGISTRY_URL to where the registry itself answers.',
    )
  if (isRegistry(text)) return { kind: 'ok' }
  return misconfigured(
    `${server} is none: what answers there (status ${status}) does not speak the API of Confluent's registry.`,
    "Give SCHEMA_REGISTRY_URL its path: Apicurio's is /apis/ccompat/v7, Confluent's and Karapace's have none.",
  )
}

/** The list of its schema types, or an error as only a registry words it: older ones have no such list. */
function isRegistry(text: string): boolean {
  try {
    const answer: unknown = JSON.parse(text)
    return Array.isArray(answer) || (typeof answer === 'object' && answer !== null && 'error_code' in answer)
  } catch {
    return false // not JSON
  }
}
