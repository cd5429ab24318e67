import { expect, test } from 'vitest'
import { judgeRegistry, type Seen } from '../../../schemas/registry/registryDiagnosis.ts'

const password = 'not-to-be-told'
const auth = { username: 'alice', password }

const judge = (seen: Seen, config: object = {}) =>
  judgeRegistry({ config: { url: 'https://r', ...config }, shownUrl: 'https://r', seen, nowMs: 0 })
const told = (...of: Parameters<typeof judge>): string => {
  const finding = judge(...of)
  return finding.kind === 'ok' ? 'ok' : `${finding.problem} ${finding.remedy}`
}
const answered = (status: number, text = '', rest: object = {}): Seen => ({ kind: 'answered', status, text, ...rest })
const failed = (code: string, message = code): Seen => ({ kind: 'failed', failure: { code, message } })

test.each<[string, Seen, object, RegExp]>([
  ['no credentials', answered(401), {}, /asks who we are \(401\), and SCHEMA_REGISTRY_USERNAME is not set/],
  ['wrong credentials', answered(401), { auth }, /refuses the user "alice" \(401\)\. Correct SCHEMA_REGISTRY_USERNAME/],
  ['no rights', answered(403), { auth }, /does not serve the user "alice" \(403\)\. Have the rights granted/],
  ['a wrong path', answered(404, '{"status":404}'), {}, /is none: .*Apicurio's is \/apis\/ccompat\/v7/],
  ['a page', answered(200, '<html>'), {}, /does not speak the API/],
  ['a login page', answered(302, '', { location: 'https://login' }), {}, /sends us on to https:\/\/login \(302\)/],
  ['https without TLS', failed('EPROTO', '…:wrong version number:…'), {}, /does not speak TLS .* write http:\/\//],
  ['http with TLS', { kind: 'tls' }, {}, /speaks TLS, and .* begins with http:\/\/\. Write https:\/\//],
  ['an unknown authority', failed('SELF_SIGNED_CERT_IN_CHAIN'), {}, /Let SCHEMA_REGISTRY_CA_FILE name/],
  ['no client certificate', failed('ERR_SSL_X_ALERT_BAD_CERTIFICATE'), {}, /SCHEMA_REGISTRY_CERT_FILE is not set/],
])('%s is told with its remedy, and without a password', (_, seen, config, text) => {
  expect(judge(seen, config).kind).toBe('misconfigured')
  expect(told(seen, config)).toMatch(text)
  expect(told(seen, config)).not.toContain(password)
})

test.each([failed('ECONNREFUSED'), answered(503), answered(429)])('%j may be over later: it is away', (seen) => {
  expect(judge(seen).kind).toBe('away')
})

test.each([answered(200, '["AVRO"]'), answered(404, '{"error_code":404,"message":"HTTP 404 Not Found"}')])(
  '%j is a registry',
  (seen) => {
    expect(told(seen)).toBe('ok')
  },
)
