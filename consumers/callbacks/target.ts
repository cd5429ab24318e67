// Where callbacks may go: the one policy module (server-side request forgery). https to public addresses, and the origins
// that the operator lists. A URL is judged when it is accepted and at every attempt; the addresses behind a name are judged
// at connection time, and the judged ones are those that are connected to, so that no later DNS answer slips in between.
import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { ErrandError } from '../../app/errors.ts'
import { remembered } from '../../process/remembered.ts'

/** `reason` is a sentence for API clients: it names a rule, never an address or anything else from inside. */
export type Refused = { readonly kind: 'refused'; readonly reason: string }
export type Judgement = { readonly kind: 'allowed'; readonly url: URL } | Refused
export type AddressJudgement = { readonly kind: 'allowed' } | Refused

/** Resolves a name to all its addresses, as `dns.lookup` does with `all: true`. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

export type CallbackPolicy = {
  judge(url: string): Judgement
  /** An address of the internet at large, in any spelling; what is no address is refused. */
  judgeAddress(address: string): AddressJudgement
  /** The `lookup` of every connection to this origin. It fails with a `BlockedAddressError` if any address is refused. */
  lookupFor(origin: string): LookupFunction
}

/** A name that leads to an address where callbacks may not go. The message is the judgement's reason. */
export class BlockedAddressError extends ErrandError {
  constructor(reason: string) {
    super('callback-blocked', reason)
  }
}

export type CallbackPolicyOptions = {
  /** Origins as `URL.origin` writes them, `http://127.0.0.1:4000`: allowed whatever their scheme and address. */
  readonly allowedOrigins: readonly string[]
  readonly resolve?: Resolve
}

export function callbackPolicy({ allowedOrigins, resolve = systemLookup }: CallbackPolicyOptions): CallbackPolicy {
  const listed = new Set(allowedOrigins)
  const judge = (text: string): Judgement => {
    const url = parse(text)
    if (typeof url === 'string') return refused(url)
    const reason = listed.has(url.origin) ? undefined : unlisted(url)
    return reason === undefined ? { kind: 'allowed', url } : refused(reason)
  }
  const known = remembered(1_000, judge) // a client mostly has one URL for all its callbacks
  return {
    judge: (text) => (text.length > maxLength ? refused(reasons.length) : known(text)), // no long text is kept
    judgeAddress,
    lookupFor: (origin) => guarded(resolve, listed.has(origin) ? () => true : isPublicText),
  }
}

const guarded =
  (resolve: Resolve, mayConnect: (address: string) => boolean): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const [first] = addresses
      // One bad address spoils the name: which of them is connected to is up to the network.
      if (!first || !addresses.every(({ address }) => mayConnect(address)))
        return callback(new BlockedAddressError(reasons.address), [])
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })

const maxLength = 2_048

const reasons = {
  notUrl: 'A callback URL must be an absolute URL without spaces.',
  length: `A callback URL has at most ${maxLength} characters.`,
  credentials: 'A callback URL must not carry a user name or password.',
  fragment: 'A callback URL must not have a fragment (#…).',
  scheme: 'A callback URL must begin with https://.',
  name: 'The callback URL must have a full, public host name.',
  address: 'The host of the callback URL must lead to public addresses only.',
} as const

const refused = (reason: string): Refused => ({ kind: 'refused', reason })

/** The URL, or the rule of form that it breaks. `URL` brings hosts of any spelling to one: `0x7f.1` is `127.0.0.1` after it. */
const parse = (text: string): URL | string => {
  // URL.parse would drop these without a word, so that what is stored and what is called would differ
  if (/[\s\p{Cc}]/u.test(text)) return reasons.notUrl
  const url = URL.parse(text)
  if (!url) return reasons.notUrl
  if (url.href.length > maxLength) return reasons.length
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return reasons.scheme
  if (url.username || url.password) return reasons.credentials
  return url.href.includes('#') ? reasons.fragment : url
}

/** What speaks against a URL whose origin is not listed. */
const unlisted = (url: URL): string | undefined => {
  if (url.protocol !== 'https:') return reasons.scheme
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  // After URL a host whose last label is a number is an IPv4 address, and one with a colon is an IPv6 address.
  if (/^[\d.]+$|:/.test(host)) return isPublicText(host) ? undefined : reasons.address
  return publicName.test(host) && !localName.test(host) ? undefined : reasons.name
}

const publicName = /^[^.]+(\.[^.]+)+$/
/** RFC 6761 (localhost), RFC 6762 (local), RFC 8375 (home.arpa), ICANN's private-use TLD (internal). */
const localName = /(^|\.)(localhost|local|internal|home\.arpa)$/

const judgeAddress = (address: string): AddressJudgement =>
  isPublicText(address) ? { kind: 'allowed' } : refused(reasons.address)

const isPublicText = (text: string): boolean => ipaddr.isValid(text) && isPublic(ipaddr.parse(text))

type Address = ReturnType<typeof ipaddr.parse>

/** Public is what IANA's special-purpose registries leave over: a list of what may be called, not of what may not. */
const isPublic = (address: Address): boolean => {
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast' && !platform.has(address.toString())
  if (address.zoneId) return false
  const inner = translated(address)
  return inner ? isPublic(inner) : address.range() === 'unicast' && address.match(globalUnicast)
}

/** RFC 4291: all that is given out lies in 2000::/3; ipaddr.js calls `::7f00:1` (127.0.0.1, "IPv4-compatible") unicast too. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/** Services of a cloud's host under an address that is public by number: Azure's 168.63.129.16. */
const platform: ReadonlySet<string> = new Set(['168.63.129.16'])

/** The IPv4 address that a packet would reach: mapped (RFC 4291) and NAT64 (RFC 6052). 6to4, Teredo and local NAT64 are never public. */
const translated = (address: Extract<Address, { parts: number[] }>): Address | undefined => {
  const [first, second, ...rest] = address.parts
  const wellKnown = first === 0x64 && second === 0xff9b && rest.slice(0, 4).every((part) => part === 0)
  return address.range() === 'ipv4Mapped' || wellKnown ? new ipaddr.IPv4(address.toByteArray().slice(12)) : undefined
}
