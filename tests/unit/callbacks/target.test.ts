import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callbackPolicy } from '../../../consumers/callbacks/target.ts'
import { blocked } from './addresses.ts'

const policy = callbackPolicy({ allowedOrigins: [] })

describe('a URL', () => {
  test.each([
    ['plain http', 'http://hooks.example.com/', 'must begin with https://'],
    ['another scheme', 'ftp://hooks.example.com/', 'must begin with https://'],
    ['a file', 'file:///etc/passwd', 'must begin with https://'],
    ['a script', 'javascript:alert(1)', 'must begin with https://'],
    ['no URL', 'hooks.example.com', 'must be an absolute URL'],
    ['nothing', '', 'must be an absolute URL'],
    ['a line break in the scheme', 'ht\ntps://hooks.example.com/', 'must be an absolute URL'],
    ['a space at its end', 'https://hooks.example.com/ ', 'must be an absolute URL'],
    ['a port that is none', 'https://hooks.example.com:99999/', 'must be an absolute URL'],
    ['a user name', 'https://user@hooks.example.com/', 'must not carry a user name'],
    ['a password', 'https://:secret@hooks.example.com/', 'must not carry a user name'],
    ['a fragment', 'https://hooks.example.com/#part', 'must not have a fragment'],
    ['an empty fragment', 'https://hooks.example.com/#', 'must not have a fragment'],
    ['too much', `https://hooks.example.com/${'a'.repeat(2_048)}`, 'at most 2048 characters'],
    ['too much once encoded', `https://hooks.example.com/${'é'.repeat(1_000)}`, 'at most 2048 characters'],
    ...[
      'localhost',
      'LOCALHOST',
      'localhost.',
      'api.localhost',
      'printer.local',
      'metadata.google.internal',
      'internal',
      'nas.home.arpa',
      'kafka',
      'svc.cluster.local.',
      'a..b',
      '.example.com',
    ].map((host) => [host, `https://${host}/`, 'public host name'] as [string, string, string]),
  ])('with %s is refused with the rule that it breaks', (_, url, rule) => {
    expect(policy.judge(url)).toEqual({ kind: 'refused', reason: expect.stringContaining(rule) })
  })

  test.each([
    'https://hooks.example.com',
    'https://hooks.example.com:8443/a/b?c=d',
    'https://münchen.de/',
    'https://localhost.example.com/',
    'https://xn--mnchen-3ya.de./',
    'https://internal.example/',
    `https://hooks.example.com/${'a'.repeat(2_022)}`,
  ])('%s is allowed', (url) => {
    expect(policy.judge(url)).toEqual({ kind: 'allowed', url: new URL(url) })
  })

  test('is judged without an exception, whatever it is, and allowed only as https to a public host', () => {
    const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))
    const hosts = ['hooks.example.com', '1.1.1.1', '127.1', 'localhost', '[::1]', 'user@hooks.example.com', 'a.b:8443']
    const almost = fc
      .tuple(
        fc.constantFrom('https://', 'http://', 'https:\\\\', 'https:', '//', 'file://', ''),
        fc.oneof(fc.constantFrom(...hosts), fc.string()),
        fc.constantFrom('', '/', '?', '#', ':', '@'),
        fc.string({ unit: anyUnit }),
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(almost, (text) => {
        const judged = policy.judge(text)
        if (judged.kind === 'refused') {
          expect(judged.reason).toMatch(/^[A-Z].*\.$/)
          return
        }
        const { protocol, hostname, username, password, hash } = judged.url
        expect({ protocol, username, password, hash }).toEqual({
          protocol: 'https:',
          username: '',
          password: '',
          hash: '',
        })
        expect(isIP(hostname) === 4 && blocked.check(hostname)).toBe(false)
      }),
    )
  })
})

describe('an origin that the operator lists', () => {
  const listing = callbackPolicy({
    allowedOrigins: [
      'http://127.0.0.1:4000',
      'https://[::1]:8443',
      'http://receiver.internal',
      'ftp://receiver.internal',
    ],
  })

  test.each([
    'http://127.0.0.1:4000/a?b',
    'http://0x7f.1:4000/',
    'https://[0::1]:8443/',
    'http://RECEIVER.internal:80/',
  ])('is allowed: %s', (url) => expect(listing.judge(url).kind).toBe('allowed'))

  test.each([
    'https://127.0.0.1:4000/',
    'http://127.0.0.1:4001/',
    'http://127.0.0.1/',
    'http://localhost:4000/',
    'http://receiver.internal:8080/',
    'http://127.0.0.1:4000@evil.example/',
    'http://user@127.0.0.1:4000/',
    'http://127.0.0.1:4000/#a',
    'ftp://receiver.internal/',
  ])('allows no other and no other form: %s', (url) => expect(listing.judge(url).kind).toBe('refused'))
})
