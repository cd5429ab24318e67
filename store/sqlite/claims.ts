// The callback claims: the first claim of (id, run) stands, whoever else tries, and carries the body that every attempt
// sends (I5).
import type { DatabaseSync } from 'node:sqlite'
import type { Claim, Store } from '../store.ts'

export type Claims = {
  /** To be called in a transaction. */
  claim(claim: Claim): Claim
  read(id: string, run: number): Claim | undefined
  /** To be called in a transaction. */
  saveThrough(positions: Parameters<Store['saveClaimedThrough']>[0]): void
  through(topic: string): ReadonlyMap<number, bigint>
  /** Forgets up to `limit` of the claims taken before; returns how many. */
  purge(beforeMs: number, limit: number): number
}

const insertClaim = `
  INSERT INTO claims (id, run, answer_partition, answer_offset, url, claimed_at_ms, body)
  VALUES (:id, :run, :partition, :offset, :url, :claimedAtMs, :body)
  ON CONFLICT (id, run) DO NOTHING`

const readClaim = `
  SELECT id, run, answer_partition AS partition, CAST(answer_offset AS TEXT) AS offset, url, claimed_at_ms AS claimedAtMs, body
  FROM claims WHERE id = ? AND run = ?`

const saveThrough = `
  INSERT INTO claimed_through (topic, partition, next_offset) VALUES (:topic, :partition, :offset)
  ON CONFLICT (topic, partition) DO UPDATE SET next_offset = max(next_offset, excluded.next_offset)`

const readThrough = 'SELECT partition, CAST(next_offset AS TEXT) AS nextOffset FROM claimed_through WHERE topic = ?'

const purgeClaims = `
  DELETE FROM claims WHERE rowid IN (SELECT rowid FROM claims WHERE claimed_at_ms < ? ORDER BY claimed_at_ms LIMIT ?)`

type ClaimRow = Omit<Claim, 'offset' | 'body'> & { readonly offset: string; readonly body: Uint8Array<ArrayBuffer> }

export function claimsIn(database: DatabaseSync): Claims {
  const insert = database.prepare(insertClaim)
  const select = database.prepare(readClaim)
  const save = database.prepare(saveThrough)
  const through = database.prepare(readThrough)
  const purge = database.prepare(purgeClaims)
  const read = (id: string, run: number): Claim | undefined => {
    const row = select.get(id, run) as ClaimRow | undefined
    return row && claimOf(row)
  }
  return {
    read,
    claim: (claim) => {
      insert.run(claim)
      return read(claim.id, claim.run)!
    },
    saveThrough: (positions) => {
      for (const position of positions) save.run(position)
    },
    through: (topic) =>
      new Map(
        through.all(topic).map(({ partition, nextOffset }) => [Number(partition), BigInt(String(nextOffset))] as const),
      ),
    purge: (beforeMs, limit) => Number(purge.run(beforeMs, limit).changes),
  }
}

const claimOf = ({ offset, body, ...rest }: ClaimRow): Claim => ({
  ...rest,
  offset: BigInt(offset),
  body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
})
