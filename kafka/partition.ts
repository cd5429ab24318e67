// Where a keyed record goes: as Java's default partitioner has it, so that other clients' records of a key join ours.
import { murmur2 } from './murmur2.ts'

/** The partition of a key, of `partitions` in all: murmur2, made positive by dropping the sign bit (Utils.toPositive). */
export const partitionFor = (key: Buffer, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions
