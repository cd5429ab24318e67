// Can the store's file be used by this version, and is there room for it?
import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { examineSqliteStore } from '../../store/sqlite/examine.ts'
import { type Check, fine, found } from './check.ts'

const roomBytes = 256 * 1_048_576

export const store: Check = {
  name: 'store',
  needsKafka: false,
  ask: async ({ config: { storeFile } }) => {
    const examined = examineSqliteStore(storeFile)
    const { bavail, bsize } = await statfs(await existing(dirname(resolve(storeFile))))
    const [freeBytes, free] = [bavail * bsize, `${megabytes(bavail * bsize)} MB free`]
    if (freeBytes < roomBytes) return found(`the disk of ${storeFile} is nearly full: ${free}`, 'make room on it')
    if (examined.kind === 'absent') return fine(`${storeFile} is not there yet: the first start makes it; ${free}`)
    return fine(`${storeFile}, ${megabytes(examined.bytes)} MB; ${free}`)
  },
}

/** The folder, or the nearest above it that exists. */
const existing = (folder: string): Promise<string> =>
  statfs(folder).then(
    () => folder,
    () => existing(dirname(folder)),
  )

const megabytes = (bytes: number): number => Math.round(bytes / 1_048_576)
