// --against: what git holds against the folder, which is that something released is no longer what it was (I6).
import { join } from 'node:path'
import { decoded } from '../../schemas/folder/fileText.ts'
import { type Series, versionAt } from '../../schemas/folder/folder.ts'
import type { GateFinding } from '../../schemas/gate/finding.ts'
import { releasedFindings } from '../../schemas/gate/releasedFindings.ts'
import { filesAt } from './gitFiles.ts'

export async function releasedSource(
  series: readonly Series[],
  folder: string,
  { against }: { readonly against?: string },
): Promise<readonly GateFinding[]> {
  if (against === undefined) return []
  const files = await filesAt(folder, against, (path) => versionAt(path) !== undefined)
  const released = files.map(({ path, bytes }) => {
    const { name, version } = versionAt(path)!
    return { series: name, version, path: join(folder, path), text: decoded(bytes) }
  })
  return releasedFindings(series, released, against)
}
