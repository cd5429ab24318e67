// Asks a broker the one question that every listener answers before anybody has authenticated, SaslHandshake: over a raw
// connection, for kafkajs tells of most refusals only "Closed connection".
import type { KafkaConfig } from '../../process/config.ts'
import { type Address, type Knock, knock, speaksTls } from '../../process/knock.ts'

export type Observation =
  | Exclude<Knock, { readonly kind: 'answered' }>
  /** It speaks the other way: TLS where we do not, or the other way round. */
  | { readonly kind: 'other-way' }
  /** A broker. `mechanisms` as it spells them; none: its listener authenticates nobody by SASL. */
  | { readonly kind: 'broker'; readonly mechanisms: readonly string[] }

/** Takes 6 s at most; sends no secret. */
export async function probe(address: Address, { tls, sasl }: KafkaConfig): Promise<Observation> {
  const question = saslHandshake(sasl?.mechanism ?? 'plain')
  const ask = async (options: Pick<KafkaConfig, 'tls'>) =>
    observed(await knock(address, { ...options, question, isWhole }))
  const found = await ask(tls ? { tls } : {})
  if (found.kind === 'tls-failed' && tls && (await ask({})).kind === 'broker') return { kind: 'other-way' }
  if ((found.kind === 'closed' || found.kind === 'silent') && !tls && (await speaksTls(address)))
    return { kind: 'other-way' }
  return found
}

/** A request of the Kafka protocol: SaslHandshake is API 17, here in version 1, without a client id. */
export function saslHandshake(mechanism: string): Buffer {
  const name = Buffer.from(mechanism.toUpperCase())
  const request = Buffer.alloc(16 + name.length)
  request.writeInt32BE(12 + name.length, 0)
  request.writeInt16BE(17, 4)
  request.writeInt16BE(1, 6)
  request.writeInt32BE(correlation, 8)
  request.writeInt16BE(-1, 12)
  request.writeInt16BE(name.length, 14)
  name.copy(request, 16)
  return request
}

const correlation = 0x45_72_72_61
/** An answer is longer than this only where it is none. */
const longest = 10_000

export const isWhole = (data: Buffer): boolean => {
  if (data.length < 4) return false
  const size = data.readInt32BE(0)
  return size < 0 || size > longest || data.length >= 4 + size
}

export function observed(found: Knock): Observation {
  if (found.kind !== 'answered') return found
  return mechanismsIn(found.data) ?? { kind: 'closed' }
}

/** The answer: size, correlation, error code, and an array of names. Undefined where it is something else. */
function mechanismsIn(data: Buffer): Observation | undefined {
  if (data.length < 14 || data.length < 4 + data.readInt32BE(0) || data.readInt32BE(4) !== correlation) return undefined
  const mechanisms: string[] = []
  for (let at = 14, left = data.readInt32BE(10); left > 0 && at + 2 <= data.length; left -= 1) {
    const end = at + 2 + data.readInt16BE(at)
    mechanisms.push(data.toString('utf8', at + 2, end))
    at = end
  }
  return { kind: 'broker', mechanisms }
}
