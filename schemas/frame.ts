// The frame that a registry's clients put before a value: magic 0, then the schema id in four bytes, big-endian.
export const frameBytes = 5

/** The id in the frame; undefined for what is not framed. */
export const schemaIdOf = (bytes: Buffer | null): number | undefined =>
  bytes !== null && bytes.length >= frameBytes && bytes[0] === 0 ? bytes.readUInt32BE(1) : undefined
