// What the broker itself has written down of a group, in `__consumer_offsets`: each commit, and who held what in each
// generation. So what a worker must not do again is known to the record, also of one that was killed. The formats are
// OffsetCommitValue, versions 3 and 4, and GroupMetadataValue, version 3, of Kafka's group coordinator.
import { readCommitMetadata } from '../../consumers/commitMetadata.ts'
import type { Log } from '../../kafka/log.ts'

export type Commit = {
  /** Its place among all that is written of the group. */
  readonly place: bigint
  /** `<topic>/<partition>`. */
  readonly partition: string
  /** Whether it says that this offset is done. */
  readonly covers: (offset: bigint) => boolean
}

export type Generation = {
  readonly place: bigint
  readonly atMs: number
  readonly number: number
  /** The partitions of each member, by its id, as `<topic>/<partition>`. */
  readonly held: ReadonlyMap<string, ReadonlySet<string>>
}

export type GroupLog = { readonly commits: readonly Commit[]; readonly generations: readonly Generation[] }

/** All that is written of the group by now, oldest first. */
export async function readGroupLog(log: Log, group: string): Promise<GroupLog> {
  const commits: Commit[] = []
  const generations: Generation[] = []
  for await (const { key, value, offset: place, timestampMs: atMs } of log.read('__consumer_offsets', {
    from: 'earliest',
  })) {
    if (!key || !value) continue
    const of = reader(key)
    const kind = of.int16()
    if (of.text() !== group) continue
    if (kind === 2) generations.push({ place, atMs, ...generation(reader(value)) })
    else if (kind < 2) commits.push({ place, partition: `${of.text()}/${of.int32()}`, covers: covering(reader(value)) })
  }
  return { commits, generations }
}

function covering(value: Reader): Commit['covers'] {
  const text = textOf(value)
  const offset = value.int64()
  value.int32() // the leader's epoch
  const done = readCommitMetadata(offset, text())?.done ?? []
  return (each) => each < offset || done.some(({ from, to }) => from <= each && each < to)
}

function generation(value: Reader): Pick<Generation, 'number' | 'held'> {
  if (value.int16() !== 3) throw new TypeError('a generation in another format')
  value.text() // protocol type
  const number = value.int32()
  for (const read of [value.text, value.text, value.int64]) read() // protocol, leader, since when
  const members = value.list((): [string, ReadonlySet<string>] => {
    const id = value.text()
    for (const read of [value.text, value.text, value.text, value.int32, value.int32, value.bytes]) read()
    return [id, partitionsOf(value.bytes())]
  })
  return { number, held: new Map(members) }
}

/** How texts are read in a commit of this version. */
function textOf(value: Reader): () => string {
  const version = value.int16()
  if (version !== 3 && version !== 4) throw new TypeError(`a commit in format ${version}`)
  return version === 3 ? value.text : value.shortText
}

/** Of an assignment in the consumer protocol's form. */
function partitionsOf(assignment: Buffer): ReadonlySet<string> {
  if (assignment.length === 0) return new Set()
  const value = reader(assignment)
  value.int16()
  return new Set(
    value
      .list(() => {
        const topic = value.text()
        return value.list(() => `${topic}/${value.int32()}`)
      })
      .flat(),
  )
}

type Reader = ReturnType<typeof reader>

/** Kafka's primitive types, one after the other. */
function reader(buffer: Buffer) {
  let at = 0
  const take = <T>(size: number, read: (from: number) => T): T => {
    at += size
    return read(at - size)
  }
  const slice = (size: number): Buffer => take(Math.max(0, size), (from) => buffer.subarray(from, from + size))
  const int16 = (): number => take(2, (from) => buffer.readInt16BE(from))
  const int32 = (): number => take(4, (from) => buffer.readInt32BE(from))
  const varint = (): number => {
    const byte = take(1, (from) => buffer.readUInt8(from))
    return byte < 128 ? byte : (byte & 127) + 128 * varint()
  }
  return {
    int16,
    int32,
    int64: (): bigint => take(8, (from) => buffer.readBigInt64BE(from)),
    text: (): string => slice(int16()).toString(),
    shortText: (): string => slice(varint() - 1).toString(),
    bytes: (): Buffer => slice(int32()),
    list: <T>(each: () => T): T[] => Array.from({ length: Math.max(0, int32()) }, each),
  }
}
