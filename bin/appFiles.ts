// Files that are written into an app, and overwrite nothing.
import { readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ErrandError } from '../app/errors.ts'

/** `path` is relative to the app's folder. */
export type AppFile = { readonly path: string; readonly text: string }

/**
 * Writes all files, or none: throws `in-the-way` with those that are there. One whose name differs in capitals alone is there
 * too: file systems of macOS and Windows take them for the same, and TypeScript refuses both together.
 */
export async function writeNew(folder: string, files: readonly AppFile[]): Promise<void> {
  const there = files.flatMap(({ path }) => alike(folder, path))
  if (there.length > 0)
    throw new ErrandError(
      'in-the-way',
      `nothing was written, because ${folder} already has\n${there.map((path) => `  ${path}`).join('\n')}\nMove them away, or choose another folder.`,
    )
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text, { flag: 'wx' })
  }
}

/** The file of that path, as it is written on disk, if there is one. */
function alike(folder: string, path: string): readonly string[] {
  return entries(join(folder, dirname(path)))
    .filter((name) => name.toLowerCase() === basename(path).toLowerCase())
    .map((name) => join(dirname(path), name))
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // not there yet, or what is wrong with it is told when it is written to
  }
}
