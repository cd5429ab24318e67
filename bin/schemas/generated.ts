// What generated.ts holds against the folder: that it was written from other schemas. Where there is none nobody uses it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Series } from '../../schemas/folder/folder.ts'
import { generatedFindings } from '../../schemas/gate/generatedFindings.ts'
import type { Told } from './told.ts'

export async function generatedSource(series: readonly Series[], folder: string): Promise<Told> {
  const path = join(folder, 'generated.ts')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return { findings: text === undefined ? [] : generatedFindings(series, path, text) }
}
