// Is ERRAND_SECRET a secret, and the one under which the records of this system are sealed? A worker with another one works
// and nobody is told: its requests stay `queued` for ever.
import { readHeaders } from '../../kafka/headers.ts'
import type { Log, LogRecord } from '../../kafka/log.ts'
import type { Told } from '../../process/finding.ts'
import { type Keyring, parseKeyring } from '../../process/keyring.ts'
import { parseRequestId } from '../../process/requestId.ts'
import { type Check, type Examined, fine, verdict } from './check.ts'

/** Bytes drawn at random repeat little: fewer than this of 32 different ones come once in 10^20 secrets. */
const leastDifferent = 16

const renew =
  "node -p \"'1:' + crypto.randomBytes(32).toString('base64url')\" # makes one, for every process of the system"

export const secret: Check = {
  name: 'secret',
  needsKafka: false,
  ask: async ({ config, catalogue }) => {
    parseKeyring(config.secret, catalogue.namespace) // throws, naming the entry
    const weak = config.secret
      .split(',')
      .map((entry) => entry.trim().split(':', 2))
      .filter(([, text = '']) => new Set(Buffer.from(text, 'base64url')).size < leastDifferent)
      .map(([number]) => ({
        problem: `ERRAND_SECRET ${number} does not look random: whoever guesses it signs for you`,
        remedy: renew,
      }))
    return verdict(weak, 'it looks random')
  },
}

export const seals: Check = {
  name: 'seals',
  needsKafka: true,
  ask: async (examined) => {
    const { catalogue, clock, kafka, app } = examined
    const keyring = keyringOf(examined)
    if (!keyring) return { kind: 'unasked', why: 'ERRAND_SECRET is no secret' }
    const names = [...Object.keys(app.requests).map(catalogue.requests), catalogue.results]
    const there = await kafka.admin.describe(names)
    const findings: Told[] = []
    let opened = 0
    for (const topic of there.keys()) {
      const sealed = (await newest(kafka, topic)).filter((record) => readHeaders(record).seal !== undefined)
      const foreign = sealed.filter((record) => !isOurs(keyring, record))
      opened += sealed.length - foreign.length
      findings.push(...otherSecret(topic, sealed.length, foreign), ...ahead(topic, sealed, clock.now()))
    }
    return opened + findings.length === 0
      ? fine('no sealed record to try the secret on yet')
      : verdict(findings, `this secret opens the newest records of ${there.size} topics`)
  },
}

/** Undefined where it cannot be read, which `secret` tells. */
const keyringOf = ({ config, catalogue }: Examined): Keyring | undefined => {
  try {
    return parseKeyring(config.secret, catalogue.namespace)
  } catch {
    return undefined
  }
}

/** An id carries a MAC under the same master secret as the seal, which it is part of. */
const isOurs = (keyring: Keyring, record: LogRecord): boolean =>
  parseRequestId(keyring, readHeaders(record).subject ?? readHeaders(record).id) !== undefined

/** The last record of each partition. */
async function newest(kafka: Log, topic: string): Promise<readonly LogRecord[]> {
  const filled = (await kafka.admin.offsets(topic)).filter(({ low, high }) => high > low)
  const from = new Map(filled.map(({ partition, high }) => [partition, high - 1n]))
  const until = new Map(filled.map(({ partition, high }) => [partition, high]))
  const records: LogRecord[] = []
  if (filled.length > 0) for await (const record of kafka.read(topic, { from, until })) records.push(record)
  return records
}

function otherSecret(topic: string, sealed: number, foreign: readonly LogRecord[]): readonly Told[] {
  const last = foreign.toSorted((one, other) => other.timestampMs - one.timestampMs)[0]
  if (!last) return []
  const when = new Date(last.timestampMs).toISOString()
  return [
    {
      problem: `${foreign.length} of the ${sealed} newest records of ${topic} were sealed under another ERRAND_SECRET or ERRAND_NAMESPACE, the last at ${when} (${last.topic}/${last.partition}/${last.offset}): worked on with this one their answers reach nobody`,
      remedy:
        'give every process of the system the same ERRAND_SECRET; where it was replaced, the new one in front and the old one behind it, by comma',
    },
  ]
}

/** Clocks may differ by what a network takes; ids carry the time, and deadlines are judged by it. */
const aheadMs = 60_000

function ahead(topic: string, records: readonly LogRecord[], nowMs: number): readonly Told[] {
  const mostMs = Math.max(0, ...records.map(({ timestampMs }) => timestampMs - nowMs))
  if (mostMs < aheadMs) return []
  const problem = `the newest record of ${topic} was written ${Math.round(mostMs / 1_000)} s in the future, by this machine's clock`
  return [{ problem, remedy: 'set the clocks of the hosts by NTP: timedatectl status' }]
}
