// IPv4 addresses that callbacks may go to and may not, in all their spellings, judged by another than the policy.
import { BlockList } from 'node:net'
import fc from 'fast-check'

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
export const blocked = new BlockList()
for (const [net, prefix] of special) blocked.addSubnet(net, prefix, 'ipv4')

export const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const anyV4 = fc.integer({ min: 0, max: 0xffffffff })
export const specialV4 = fc
  .constantFrom(...special)
  .chain(([net, prefix]) => fc.nat(2 ** (32 - prefix) - 1).map((host) => numberOf(net) + host))
export const publicV4 = anyV4.filter((value) => !blocked.check(dotted(value), 'ipv4'))

/** The spellings that `inet_aton` and URL parsers take for one IPv4 address. */
export const spellingsV4 = (value: number): string[] => {
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
