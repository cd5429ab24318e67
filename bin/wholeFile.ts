// A file that is there whole, as it was or as it is now, whenever the program or the machine ends.
import { randomUUID } from 'node:crypto'
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { ErrandError } from '../app/errors.ts'

/** Throws `not-written`, which says what to do, and then leaves nothing behind. What is no regular file is written to as it is. */
export async function writeWhole(path: string, text: string): Promise<void> {
  try {
    const there = await stat(path).catch(noneYet)
    if (there && !there.isFile()) await writeFile(path, text)
    else await replace(there ? await realpath(path) : path, text, there?.mode)
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException
    const remedy = remedies[code] ?? 'mend that'
    throw new ErrandError('not-written', `${path} cannot be written: ${message}; ${remedy}, and run this again`, {
      cause,
    })
  }
}

const mayWrite = 'let this user write to its folder'
const remedies: Readonly<Record<string, string>> = {
  EACCES: mayWrite,
  EPERM: mayWrite,
  EROFS: mayWrite,
  EISDIR: 'move away what has its name',
  ENOENT: 'make its folder first',
  ENOTDIR: 'make its folder first',
  ENOSPC: 'make room on the disk',
}

function noneYet(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Written beside it, so that the name can move to it at once. */
async function replace(path: string, text: string, mode: number | undefined): Promise<void> {
  const beside = `${path}.${randomUUID()}.new`
  try {
    await using file = await open(beside, 'wx')
    if (mode !== undefined) await file.chmod(mode)
    await file.writeFile(text)
    await file.sync()
    await file.close()
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}
