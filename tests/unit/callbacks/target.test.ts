import type { LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlockedAddressError, callbackPolicy, type Resolve } from '../../../consumers/callbacks/target.ts'

const policy = callbackPolicy({ allowedOrigins: [] })
const judge = (url: string): string => policy.judge(url).kind

/** IANA's special-purpose address registry of IPv4, multicast and class E, judged by Node's own matcher. */
const special: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['168.63.129.16', 32],
]
const blocked = new BlockList()
for (const [net, prefix] of special) blocked.addSubnet(net, prefix, 'ipv4')

const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const anyV4 = fc.integer({ min: 0, max: 0xffffffff })
const specialV4 = fc
  .constantFrom(...special)
  .chain(([net, prefix]) => fc.nat(2 ** (32 - prefix) - 1).map((host) => numberOf(net) + host))
const publicV4 = anyV4.filter((value) => !blocked.check(dotted(value), 'ipv4'))

/** The spellings that `inet_aton` and URL parsers take for one IPv4 address. */
const spellingsV4 = (value: number): string[] => {
  const parts = dotted(value).split('.').map(Number)
  const hex = parts.map((part) => `0x${part.toString(16)}`)
  return [
    dotted(value),
    `${dotted(value)}.`,
    String(value),
    `0x${value.toString(16)}`,
    `0${value.toString(8)}`,
    hex.join('.'),
    parts.map((part) => `0${part.toString(8)}`).join('.'),
    `${parts[0]}.${value & 0xffffff}`,
    `${hex[0]}.0${parts[1]!.toString(8)}.${value & 0xffff}`,
    [...dotted(value)].map((each) => (each === '.' ? '。' : String.fromCharCode(each.charCodeAt(0) + 0xfee0))).join(''),
    encodeURIComponent(dotted(value)).replace(/\d/g, (digit) => `%3${digit}`),
  ]
}

const low = (value: number): string => `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`
const mapped = (value: number): string[] => [
  `::ffff:${dotted(value)}`,
  `::FFFF:${low(value)}`,
  `0:0:0:0:0:ffff:${low(value)}`,
]
const nat64 = (value: number): string[] => [`64:ff9b::${low(value)}`, `64:ff9b::${dotted(value)}`]

describe('an address', () => {
  test('of a special-purpose block is refused in every spelling, also inside an IPv6 address', () => {
    fc.assert(
      fc.property(specialV4, (value) => {
        for (const host of spellingsV4(value)) expect([host, judge(`https://${host}/`)]).toEqual([host, 'refused'])
        const tunnels = [
          `2002:${low(value)}::1`,
          `2001::${low(value ^ 0xffffffff)}`,
          `::${low(value)}`,
          `64:ff9b:1::${low(value)}`,
        ]
        for (const host of [...mapped(value), ...nat64(value), ...tunnels]) {
          expect([host, judge(`https://[${host}]/`)]).toEqual([host, 'refused'])
          expect([host, policy.judgeAddress(host).kind]).toEqual([host, 'refused'])
        }
        expect(policy.judgeAddress(dotted(value)).kind).toBe('refused')
      }),
    )
  })

  test('of the internet is allowed in every spelling, also mapped or behind NAT64', () => {
    fc.assert(
      fc.property(publicV4, (value) => {
        for (const host of spellingsV4(value)) expect([host, judge(`https://${host}/`)]).toEqual([host, 'allowed'])
        for (const host of [...mapped(value), ...nat64(value)])
          expect([host, judge(`https://[${host}]/`)]).toEqual([host, 'allowed'])
        expect(policy.judgeAddress(dotted(value)).kind).toBe('allowed')
      }),
    )
  })

  test.each([
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '100::1',
    '2001:db8::1',
    '3fff::1',
    '5f00::1',
    '2001::1',
    '2002::1',
    '2620:4f:8000::1',
    '4000::1',
    '2606:4700::1%eth0',
    '',
    'localhost',
    '1.2.3.4/8',
  ])('%j is refused', (address) => {
    expect(policy.judgeAddress(address).kind).toBe('refused')
    expect(judge(`https://[${address}]/`)).toBe('refused')
    expect(judge(`https://[${address.replace('%', '%25')}]/`)).toBe('refused')
  })

  test.each(['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '[2606:4700::]:8443'])('%j is allowed', (address) => {
    expect(judge(`https://${address.includes('[') ? address : `[${address}]`}/`)).toBe('allowed')
  })
})

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
    const almost = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc
        .tuple(fc.constantFrom('https://', 'http://', 'https:\\\\', 'https:', '//'), fc.string())
        .map((parts) => parts.join('')),
    )
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
    allowedOrigins: ['http://127.0.0.1:4000', 'https://[::1]:8443', 'http://receiver.internal'],
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

describe('the addresses behind a name', () => {
  const answering =
    (...addresses: string[]): Resolve =>
    (_hostname, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      )
  const connect = (lookup: LookupFunction, all: boolean): Promise<string | LookupAddress[]> =>
    new Promise((resolve, reject) =>
      lookup('hooks.example.com', { all }, (error, found) => (error ? reject(error) : resolve(found))),
    )
  const guarded = (resolve: Resolve, allowedOrigins: string[] = []) =>
    callbackPolicy({ allowedOrigins, resolve }).lookupFor('https://hooks.example.com')

  test('are those that are connected to, all of them and in their order', async () => {
    const lookup = guarded(answering('2606:4700::1111', '8.8.8.8'))
    expect(await connect(lookup, true)).toEqual([
      { address: '2606:4700::1111', family: 6 },
      { address: '8.8.8.8', family: 4 },
    ])
    expect(await connect(lookup, false)).toBe('2606:4700::1111')
  })

  test('are refused together if one of them is not public', async () => {
    const property = fc.asyncProperty(
      fc.array(publicV4.map(dotted), { maxLength: 4 }),
      fc.oneof(specialV4.map(dotted), fc.constantFrom('::1', 'fd00::1', 'fe80::1%eth0', '::ffff:10.0.0.1')),
      fc.nat(4),
      fc.boolean(),
      async (others, bad, at, all) => {
        const lookup = guarded(answering(...others.toSpliced(at, 0, bad)))
        const error = await connect(lookup, all).catch((error: unknown) => error)
        expect(error).toBeInstanceOf(BlockedAddressError)
        expect((error as Error).message).toMatch(/^The host of the callback URL .*\.$/)
        expect((error as Error).message).not.toContain(bad)
      },
    )
    await fc.assert(property)
  })

  test('are judged anew at every connection', async () => {
    const answers = ['8.8.8.8', '127.0.0.1']
    const lookup = guarded((_hostname, _options, callback) =>
      callback(null, [{ address: answers.shift()!, family: 4 }]),
    )
    expect(await connect(lookup, false)).toBe('8.8.8.8')
    await expect(connect(lookup, false)).rejects.toBeInstanceOf(BlockedAddressError)
  })

  test('may be any where the origin is listed', async () => {
    expect(await connect(guarded(answering('10.0.0.1'), ['https://hooks.example.com']), false)).toBe('10.0.0.1')
  })

  test('missing are an error, the resolver’s own or ours', async () => {
    const notFound = Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
    await expect(
      connect(
        guarded((_h, _o, callback) => callback(notFound, [])),
        true,
      ),
    ).rejects.toBe(notFound)
    await expect(connect(guarded(answering()), true)).rejects.toBeInstanceOf(BlockedAddressError)
  })

  test('are asked of the system: localhost leads nowhere', async () => {
    await expect(
      new Promise((resolve, reject) =>
        policy.lookupFor('https://localhost')('localhost', {}, (error, found) =>
          error ? reject(error) : resolve(found),
        ),
      ),
    ).rejects.toBeInstanceOf(BlockedAddressError)
  })
})
