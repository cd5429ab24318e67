// What is probably wrong with the way to a broker, and what to do: a pure judgement of what a probe has seen, what kafkajs
// said, and how we are configured.
import type { KafkaConfig } from '../../process/config.ts'
import { away, type Finding, misconfigured } from '../../process/finding.ts'
import { noClientCertificate, type TlsSide, tlsFault } from '../../process/tlsFault.ts'
import type { Observation } from './probe.ts'

export type Evidence = {
  readonly config: KafkaConfig
  /** `host:port`. */
  readonly address: string
  readonly observation: Observation
  /** kafkajs failed because its credentials were refused. */
  readonly isRefused: boolean
  readonly nowMs: number
}

/** `ok`: nothing is seen that would keep us from it. */
export function diagnose(evidence: Evidence): Finding {
  const { config, address, observation } = evidence
  const isNamed = config.brokers.includes(address)
  const server = isNamed ? `The broker at ${address}` : `The broker that the cluster calls ${address}`
  const finding = judge(server, evidence)
  if (isNamed || finding.kind === 'ok') return finding
  const why = `${config.brokers.join(', ')} sends us there, by the broker's advertised.listeners.`
  const isLost = observation.kind === 'unreachable'
  return { ...finding, remedy: `${why} ${isLost ? 'Set these to what can be reached from here.' : finding.remedy}` }
}

function judge(server: string, evidence: Evidence): Finding {
  const { config, observation, nowMs } = evidence
  switch (observation.kind) {
    case 'unreachable':
      return away(`${server} cannot be reached: ${observation.reason}.`, 'Start it, or correct KAFKA_BROKERS.')
    case 'silent':
      return away(
        `${server} takes the connection and does not answer.`,
        'See whether it is up, and whether it is a broker.',
      )
    case 'other-way':
      return config.tls ? noTls(server) : needsTls(server)
    case 'tls-failed': {
      const { failure } = observation
      const fault = config.tls && tlsFault(failure, side(server, config.tls, nowMs))
      if (fault) return { kind: 'misconfigured', ...fault }
      return away(`${server} fails at TLS: ${failure.message.trim()}.`, 'See whether that port speaks TLS.')
    }
    case 'closed':
      if (config.tls && config.tls.cert === undefined)
        return {
          kind: 'misconfigured',
          ...noClientCertificate(side(`${server} closes the connection; probably it`, config.tls, nowMs)),
        }
      return away(
        `${server} closes the connection without an answer.`,
        'See whether it is up, and whether it is a broker.',
      )
    case 'broker':
      return judgeSasl(server, observation.mechanisms, evidence)
    default:
      return observation satisfies never
  }
}

const needsTls = (server: string): Finding =>
  misconfigured(
    `${server} speaks TLS on that port, and KAFKA_TLS is not true.`,
    'Set KAFKA_TLS=true, and KAFKA_TLS_CA_FILE where no public authority has signed its certificate.',
  )

const noTls = (server: string): Finding =>
  misconfigured(
    `${server} does not speak TLS on that port, and KAFKA_TLS or a KAFKA_TLS_… file asks for it.`,
    'Name its TLS port in KAFKA_BROKERS; or set KAFKA_TLS=false, and everything is sent in the clear.',
  )

const variables = {
  address: 'KAFKA_BROKERS',
  ca: 'KAFKA_TLS_CA_FILE',
  cert: 'KAFKA_TLS_CERT_FILE',
  key: 'KAFKA_TLS_KEY_FILE',
}

const side = (server: string, tls: NonNullable<KafkaConfig['tls']>, nowMs: number): TlsSide => ({
  server,
  names: variables,
  tls,
  nowMs,
})

/** What Errand speaks, best first. */
const ours = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN']

function judgeSasl(server: string, mechanisms: readonly string[], { config: { sasl }, isRefused }: Evidence): Finding {
  const mechanism = sasl?.mechanism.toUpperCase() ?? ''
  const common = ours.filter((each) => mechanisms.includes(each))
  const choice =
    common.length > 0
      ? `Set KAFKA_SASL_MECHANISM to ${common.map((each) => each.toLowerCase()).join(' or ')}`
      : `It offers ${mechanisms.join(', ')} only, which Errand does not speak: use a listener with ${ours.join(', ')}`
  if (!sasl && mechanisms.length === 0) return { kind: 'ok' }
  if (!sasl)
    return misconfigured(
      `${server} asks for SASL authentication, and KAFKA_SASL_MECHANISM is not set.`,
      `${choice}, with KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.`,
    )
  if (mechanisms.length === 0)
    return misconfigured(
      `${server} does no SASL authentication on that port, and KAFKA_SASL_MECHANISM is ${sasl.mechanism}.`,
      'Name its SASL port in KAFKA_BROKERS, or unset KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.',
    )
  if (!mechanisms.includes(mechanism))
    return misconfigured(`${server} does not offer the SASL mechanism ${mechanism}.`, `${choice}.`)
  if (!isRefused) return { kind: 'ok' }
  return misconfigured(
    `${server} refuses the user "${sasl.username}" with ${mechanism}: there is no such user, or its password is another.`,
    `Correct KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD${
      mechanism === 'PLAIN' ? '' : '; a SCRAM user exists for each mechanism by itself'
    }.`,
  )
}
