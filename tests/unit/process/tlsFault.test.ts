import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tlsFault } from '../../../process/tlsFault.ts'
import { authority } from '../../certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'errand-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))
const cert = readFileSync((await (await authority(folder, 'company')).issue('us')).cert, 'utf8')
const [dayMs, nowMs] = [86_400_000, Date.now()]

const told = (code: string, tls = {}, { names = '', at = nowMs } = {}): string => {
  const variables = { address: 'BROKERS', ca: 'CA_FILE', cert: 'CERT_FILE', key: 'KEY_FILE' }
  const fault = tlsFault({ code, message: '', names }, { server: 'The server', names: variables, tls, nowMs: at })
  return fault ? `${fault.problem} ${fault.remedy}` : ''
}

test.each([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', {}, /no public authority has signed.*Let CA_FILE name/],
  ['SELF_SIGNED_CERT_IN_CHAIN', { ca: 'x' }, /the authority in CA_FILE has not signed/],
  ['CERT_HAS_EXPIRED', {}, /has expired\. Renew it on the server; .* clock/],
  ['CERT_NOT_YET_VALID', {}, /is not valid yet/],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', {}, /asks for a client certificate \(mTLS\), and CERT_FILE is not set/],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', {}, /Let CERT_FILE and KEY_FILE name your certificate/],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', { cert }, /refuses the client certificate in CERT_FILE, issued by CN=company/],
])('%s with %j is told with its variable and its remedy', (code, tls, text) => {
  expect(told(code, tls)).toMatch(text)
})

test('a certificate for another server is told with the names it has', () => {
  const names = 'DNS:kafka.internal, IP Address:10.0.0.1'
  expect(told('ERR_TLS_CERT_ALTNAME_INVALID', {}, { names })).toContain(`for other names: ${names}. Use one of`)
  expect(told('ERR_TLS_CERT_ALTNAME_INVALID')).toContain('for other names: none')
})

test('a refused client certificate that has expired is told so, with the day', () => {
  const late = told('ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', { cert }, { at: nowMs + 9 * dayMs })
  expect(late).toContain(`which expired on ${new Date(nowMs + 2 * dayMs).toISOString().slice(0, 10)}`)
})

test.each(['ECONNRESET', 'EPROTO', ''])('%j is not about certificates', (code) => {
  expect(told(code, { cert })).toBe('')
})
