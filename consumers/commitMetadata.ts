// What a commit says besides its offset: which records beyond it are done, and how often those were tried that are being
// retried. So a restart does again only what was in flight or has ended since the last commit (I1).
//
//   errand/3 <base64 of: offset, custody, retries, done>
//   offset    the one that is committed: who moves a position and takes its metadata along (MirrorMaker does) makes it void
//   custody   1 released, 2 a record is named, 4 it runs, or their sum; the process (0: unknown); the unclean takeovers; of that
//             record how far it lies beyond the offset and at how many ends it was alone (custody.ts); varints as all that follows
//   retries   their number; for each how far it lies beyond the offset, its attempts, and when the first failed, ms since the
//             epoch; each a varint (LEB128)
//   done      0 and a bit set, bit n for offset + n; or 1 and varints, how many are not done and how many are, in turn
//
// The broker takes 4,096 bytes (`offset.metadata.max.bytes`). What does not fit is left out, the highest first: it will be
// done again, and nothing is ever said to be done that is not. Version 2 had no custody, version 1 said nothing (I10).

import { type Custody, newCustody } from './custody.ts'

/** Offsets from `from` up to, not including, `to`. */
export type OffsetRange = { readonly from: bigint; readonly to: bigint }

export type Retried = { readonly offset: bigint; readonly attempts: number; readonly firstFailedAtMs: number }

/** Of what lies at or beyond a committed offset. Both in ascending order, ranges apart from each other. */
export type Beyond = {
  readonly done: readonly OffsetRange[]
  readonly retried: readonly Retried[]
  /** Default: nothing is known, as of a partition that nobody has held. */
  readonly custody?: Custody
}

export const nothingBeyond: Beyond = { done: [], retried: [] }

const prefix = 'errand/3 '
const prefix2 = 'errand/2 '
const maxBytes = 4_096
const maxPayloadBytes = Math.floor((maxBytes - prefix.length) / 4) * 3
/** Flags, process, count, and a record that is named: offsets within 2^35 of each other. */
const maxCustodyBytes = 14
/** Retries get this at most, so that an outage of all that is called does not push out what is done. */
const maxRetriedBytes = 1_024

/** Of offsets that lie no further beyond the committed one it can always be said which are done, where nothing is retried. */
export const sayableOffsets = BigInt((maxPayloadBytes - maxCustodyBytes - 10) * 8)

/** At most 4,096 bytes. */
export function commitMetadata(offset: bigint, { done, retried, custody = newCustody }: Beyond): string {
  const isNew = custody.released && custody.unclean === 0 && !custody.alone
  if (isNew && done.length === 0 && retried.length === 0) return prefix.trimEnd()
  const tried = [...varint(Number(offset)), ...custodyBytes(offset, custody), ...retriedBytes(offset, retried)]
  return prefix + Buffer.from([...tried, ...doneBytes(offset, done, maxPayloadBytes - tried.length)]).toString('base64')
}

/** The share of the room that it takes to say what is done from `offset` to `end`: beyond 1 some of it is left out. */
export function fillOf(offset: bigint, end: bigint, done: () => readonly OffsetRange[]): number {
  const roomBytes = maxPayloadBytes - maxRetriedBytes - maxCustodyBytes - 1
  const asBits = Number(end - offset) / 8 / roomBytes
  return asBits < 0.5 ? asBits : Math.min(asBits, runBytes(offset, done()).length / roomBytes)
}

/** Undefined for what Errand did not write. Other versions of Errand may have: then nothing is known beyond the offset. */
export function readCommitMetadata(offset: bigint, metadata: string): Beyond | undefined {
  if (metadata === '') return nothingBeyond
  if (!metadata.startsWith('errand/')) return undefined
  const version = metadata.startsWith(prefix) ? 3 : metadata.startsWith(prefix2) ? 2 : undefined
  if (version === undefined) return nothingBeyond
  try {
    const bytes = reader(Buffer.from(metadata.slice(prefix.length), 'base64'))
    if (bytes.varint() !== Number(offset)) return nothingBeyond
    const custody = version === 3 ? readCustody(offset, bytes) : undefined
    const retried = Array.from({ length: bytes.varint() }, () => ({
      offset: offset + BigInt(bytes.varint()),
      attempts: bytes.varint(),
      firstFailedAtMs: bytes.varint(),
    }))
    const done = bytes.varint() === bitSet ? doneOfBits(offset, bytes.rest()) : doneOfRuns(offset, bytes)
    return { retried, done, ...(custody && { custody }) }
  } catch {
    return undefined
  }
}

const bitSet = 0
const runs = 1

const releasedFlag = 1
const aloneFlag = 2
const runsFlag = 4

function custodyBytes(offset: bigint, { released, process = 0, unclean, alone }: Custody): readonly number[] {
  const flags = (released ? releasedFlag : 0) + (alone ? aloneFlag : 0) + (alone?.runs ? runsFlag : 0)
  const who = alone ? [...varint(Number(alone.offset - offset)), ...varint(alone.ends)] : []
  return [...varint(flags), ...varint(process), ...varint(unclean), ...who]
}

function readCustody(offset: bigint, bytes: Reader): Custody | undefined {
  const flags = bytes.varint()
  if (flags > releasedFlag + aloneFlag + runsFlag) throw new RangeError('flags that are not known')
  const process = bytes.varint()
  const unclean = bytes.varint()
  const runs = (flags & runsFlag) !== 0
  const alone = flags & aloneFlag ? { offset: offset + BigInt(bytes.varint()), ends: bytes.varint(), runs } : undefined
  if (flags === releasedFlag && unclean === 0) return undefined
  return { released: (flags & releasedFlag) !== 0, unclean, ...(process > 0 && { process }), ...(alone && { alone }) }
}

function retriedBytes(offset: bigint, retried: readonly Retried[]): readonly number[] {
  const each = retried.map((one) => [
    ...varint(Number(one.offset - offset)),
    ...varint(one.attempts),
    ...varint(one.firstFailedAtMs),
  ])
  let bytes = 0
  const beyond = each.findIndex((one) => {
    bytes += one.length
    return bytes > maxRetriedBytes - 3
  })
  const kept = beyond < 0 ? each : each.slice(0, beyond)
  return [...varint(kept.length), ...kept.flat()]
}

/** The smaller of the two; where neither fits, a bit set that ends early. */
function doneBytes(offset: bigint, done: readonly OffsetRange[], roomBytes: number): readonly number[] {
  const inRuns = runBytes(offset, done)
  const span = Number((done.at(-1)?.to ?? offset) - offset)
  const bits = Math.ceil(span / 8)
  if (inRuns.length <= Math.min(bits, roomBytes - 1)) return [runs, ...inRuns]
  const room = (roomBytes - 1) * 8
  const fitting = done.flatMap(({ from, to }) => {
    const [start, end] = [Number(from - offset), Math.min(Number(to - offset), room)]
    return start < end ? [{ start, end }] : []
  })
  const set = Buffer.alloc(Math.ceil((fitting.at(-1)?.end ?? 0) / 8))
  for (const { start, end } of fitting) for (let bit = start; bit < end; bit++) set[bit >> 3]! |= 1 << (bit & 7)
  return [bitSet, ...set]
}

function runBytes(offset: bigint, done: readonly OffsetRange[]): readonly number[] {
  const bytes: number[] = []
  let at = offset
  for (const { from, to } of done) {
    pushVarint(bytes, Number(from - at))
    pushVarint(bytes, Number(to - from))
    at = to
  }
  return bytes
}

function doneOfRuns(offset: bigint, bytes: Reader): readonly OffsetRange[] {
  const done: OffsetRange[] = []
  for (let at = offset; !bytes.isEmpty(); ) {
    const from = at + BigInt(bytes.varint())
    at = from + BigInt(bytes.varint())
    if (at === from) throw new RangeError('a run of none')
    done.push({ from, to: at })
  }
  return done
}

function doneOfBits(offset: bigint, set: Buffer): readonly OffsetRange[] {
  const done: OffsetRange[] = []
  const isDone = (bit: number): boolean => (set[bit >> 3]! & (1 << (bit & 7))) !== 0
  for (let bit = 0; bit < set.length * 8; bit++) {
    if (!isDone(bit)) continue
    const from = bit
    while (bit < set.length * 8 && isDone(bit)) bit++
    done.push({ from: offset + BigInt(from), to: offset + BigInt(bit) })
  }
  return done
}

function varint(number: number): readonly number[] {
  const bytes: number[] = []
  pushVarint(bytes, number)
  return bytes
}

function pushVarint(bytes: number[], number: number): void {
  let left = number
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128)
  bytes.push(left)
}

type Reader = ReturnType<typeof reader>

/** Throws where a number has no end, or is beyond 2^53. */
function reader(bytes: Buffer) {
  let at = 0
  return {
    isEmpty: () => at >= bytes.length,
    rest: () => bytes.subarray(at),
    varint: (): number => {
      let [number, scale] = [0, 1]
      for (;;) {
        const byte = bytes.readUInt8(at++)
        number += (byte & 127) * scale
        if (!Number.isSafeInteger(number)) throw new RangeError('a number beyond 2^53')
        if (byte < 128) return number
        scale *= 128
      }
    },
  }
}
