import { describe, expect, test } from 'vitest'
import { diagnose, type Evidence } from '../../../kafka/kafkajs/diagnosis.ts'
import type { Observation } from '../../../kafka/kafkajs/probe.ts'

const brokers = ['kafka:9092']
const password = 'not-to-be-told'
const user = { mechanism: 'plain', username: 'alice', password } as const
const scram = { ...user, mechanism: 'scram-sha-512' } as const

const judge = (observation: Observation, config: object = {}, rest: Partial<Evidence> = {}) =>
  diagnose({
    ...{ config: { brokers, ...config }, address: 'kafka:9092', isRefused: false, nowMs: 0 },
    ...{ observation, ...rest },
  })
const told = (...of: Parameters<typeof judge>): string => {
  const finding = judge(...of)
  return finding.kind === 'ok' ? 'ok' : `${finding.kind}: ${finding.problem} ${finding.remedy}`
}
const broker = (...mechanisms: string[]): Observation => ({ kind: 'broker', mechanisms })
const failed = (code: string, message = code): Observation => ({ kind: 'tls-failed', failure: { code, message } })

describe('what keeps us from a broker is told with its remedy', () => {
  test.each<[string, Observation, object, RegExp]>([
    [
      'no SASL',
      broker('PLAIN', 'SCRAM-SHA-512'),
      {},
      /asks for SASL .* to scram-sha-512 or plain, with KAFKA_SASL_USER/,
    ],
    ['SASL of others', broker('GSSAPI'), {}, /It offers GSSAPI only, which Errand does not speak/],
    ['needless SASL', broker(), { sasl: user }, /does no SASL .* Name its SASL port .* or unset KAFKA_SASL_MECHANISM/],
    ['the wrong mechanism', broker('SCRAM-SHA-512'), { sasl: user }, /not offer .* PLAIN\. Set .* to scram-sha-512\./],
    ['no TLS', { kind: 'other-way' }, {}, /speaks TLS on that port, and KAFKA_TLS is not true\. Set KAFKA_TLS=true/],
    ['needless TLS', { kind: 'other-way' }, { tls: {} }, /does not speak TLS on that port, .* Name its TLS port/],
    [
      'a certificate',
      failed('CERT_HAS_EXPIRED'),
      { tls: {} },
      /^misconfigured: The broker at kafka:9092 .* has expired/,
    ],
    ['no client certificate', { kind: 'closed' }, { tls: {} }, /probably it asks for a client certificate .*CERT_FILE/],
  ])('%s', (_, observation, config, text) => {
    expect(told(observation, config)).toMatch(text)
    expect(judge(observation, config).kind).toBe('misconfigured')
  })

  test('refused credentials: the user is named, its password never', () => {
    const text = told(broker('PLAIN'), { sasl: user }, { isRefused: true })
    expect(text).toMatch(/refuses the user "alice" with PLAIN.* Correct KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD\.$/)
    expect(text).not.toContain(password)
    expect(told(broker('SCRAM-SHA-512'), { sasl: scram }, { isRefused: true })).toContain('exists for each mechanism')
  })
})

test.each<[Observation, object, RegExp]>([
  [{ kind: 'unreachable', reason: 'connect ECONNREFUSED' }, {}, /cannot be reached: connect ECONNREFUSED\. Start it/],
  [{ kind: 'silent' }, {}, /does not answer/],
  [{ kind: 'closed' }, {}, /closes the connection without an answer/],
  [failed('ECONNRESET', 'disconnected'), { tls: {} }, /The broker at kafka:9092 fails at TLS: disconnected\. See/],
])('%j may be over later: it is away', (observation, config, text) => {
  expect(told(observation, config)).toMatch(text)
  expect(judge(observation, config).kind).toBe('away')
})

test.each<[Observation, object]>([
  [broker(), {}],
  [broker(), { tls: {} }],
  [broker('PLAIN'), { sasl: user }],
  [broker('PLAIN', 'SCRAM-SHA-512'), { sasl: scram }],
])('%j with %j is as it should be', (observation, config) => {
  expect(judge(observation, config)).toEqual({ kind: 'ok' })
})

test('an address that only the broker has named is told as such', () => {
  const lost: Observation = { kind: 'unreachable', reason: 'ENOTFOUND' }
  expect(told(lost, {}, { address: 'inside:9092' })).toBe(
    "away: The broker that the cluster calls inside:9092 cannot be reached: ENOTFOUND. kafka:9092 sends us there, by the broker's advertised.listeners. Set these to what can be reached from here.",
  )
  expect(told(broker('PLAIN'), {}, { address: 'inside:9092' })).toMatch(/sends us there.* Set KAFKA_SASL_MECHANISM to/)
  expect(told(broker(), {}, { address: 'inside:9092' })).toBe('ok')
})
