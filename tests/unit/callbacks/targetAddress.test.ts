import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlockedAddressError, callbackPolicy, type Resolve } from '../../../consumers/callbacks/target.ts'
import { dotted, publicV4, specialV4, spellingsV4 } from './addresses.ts'

const policy = callbackPolicy({ allowedOrigins: [] })
const judge = (url: string): string => policy.judge(url).kind

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
    '64:ff9b:1::808:808',
    '64:ff9b::1:808:808',
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
