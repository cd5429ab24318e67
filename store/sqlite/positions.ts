// How far the topics have been projected, and how far `results` has been claimed. Nothing here ever moves back.
import type { DatabaseSync } from 'node:sqlite'
import type { StorePosition } from '../store.ts'

export type Positions = {
  /** To be called in the transaction that writes what the positions stand for. */
  save(positions: readonly StorePosition[]): void
  read(topics: readonly string[]): readonly StorePosition[]
}

const savePosition = `
  INSERT INTO positions (topic, partition, next_offset, passed_ms) VALUES (:topic, :partition, :offset, :passedMs)
  ON CONFLICT (topic, partition) DO UPDATE SET
    next_offset = max(next_offset, excluded.next_offset), passed_ms = max(passed_ms, excluded.passed_ms)`

const readPositions = `
  SELECT topic, partition, CAST(next_offset AS TEXT) AS nextOffset, passed_ms AS passedMs
  FROM positions WHERE topic IN (SELECT value FROM json_each(?))`

export function positionsIn(database: DatabaseSync): Positions {
  const save = database.prepare(savePosition)
  const read = database.prepare(readPositions)
  return {
    save: (positions) => {
      for (const position of positions) save.run(position)
    },
    read: (topics) =>
      read.all(JSON.stringify(topics)).map(({ topic, partition, nextOffset, passedMs }) => ({
        topic: String(topic),
        partition: Number(partition),
        offset: BigInt(String(nextOffset)),
        passedMs: Number(passedMs),
      })),
  }
}
