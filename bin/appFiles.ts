// Files that are written into an app, and overwrite nothing.
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ErrandError } from '../app/errors.ts'

/** `path` is relative to the app's folder. */
export type AppFile = { readonly path: string; readonly text: string }

/** Writes all files, or none: throws `in-the-way` with those that are there. */
export async function writeNew(folder: string, files: readonly AppFile[]): Promise<void> {
  const there = files.map(({ path }) => path).filter((path) => existsSync(join(folder, path)))
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
