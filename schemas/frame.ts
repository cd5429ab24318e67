// The frame that a registry's clients put before a value: magic 0, then the schema id in four bytes, big-endian.
const idAt = 1
export const frameBytes = 5

export const isFramed = (bytes: Buffer | null): bytes is Buffer =>
  bytes !== null && bytes.length >= frameBytes && bytes[0] === 0

/** The id in the frame of what is framed. */
export const schemaIdIn = (framed: Buffer): number => framed.readUInt32BE(idAt)

/** The id in the frame; undefined for what is not framed. */
export const schemaIdOf = (bytes: Buffer | null): number | undefined =>
  isFramed(bytes) ? schemaIdIn(bytes) : undefined

/** Writes a frame to where there is room for it. */
export function writeFrame(bytes: Buffer, start: number, id: number): void {
  bytes[start] = 0
  bytes.writeUInt32BE(id, start + idAt)
}
