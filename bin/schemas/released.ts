// --against: what git holds against the folder, which is that something released is no longer what it was (I6).
import { join, posix } from 'node:path'
import type { CompatibilityLevel } from '../../app/record.ts'
import { decoded } from '../../schemas/folder/fileText.ts'
import { isSchemaFile, type Series, settingsFile, versionAt } from '../../schemas/folder/folder.ts'
import { defaultLevel, parseSettings } from '../../schemas/folder/subjectSettings.ts'
import { versionKey } from '../../schemas/gate/gateReport.ts'
import { type ReleasedVersion, releasedFindings, retiredSeries } from '../../schemas/gate/releasedFindings.ts'
import { goldenPath } from '../../schemas/golden/goldenFile.ts'
import { parseText } from '../../schemas/json/jsonText.ts'
import { filesAt } from './gitFiles.ts'
import type { Told } from './told.ts'

export async function releasedSource(
  series: readonly Series[],
  folder: string,
  { against }: { readonly against?: string },
): Promise<Told> {
  if (against === undefined) return { findings: [] }
  const files = await filesAt(folder, against, isSchemaFile)
  const texts = new Map(files.map(({ path, bytes }) => [path, decoded(bytes)]))
  const released = [...texts].flatMap(([path, text]): readonly ReleasedVersion[] => {
    const place = versionAt(path)
    if (!place) return []
    const golden = texts.get(goldenPath(path))
    const level = levelOf(texts.get(posix.join(posix.dirname(path), settingsFile)))
    const { name, version } = place
    return [
      { series: name, version, path: join(folder, path), text, level, ...(golden === undefined ? {} : { golden }) },
    ]
  })
  return {
    findings: releasedFindings(series, released, against),
    notes: { retired: retiredSeries(series, released), released: new Set(released.map(versionKey)) },
  }
}

/** What is broken asked for nothing that anyone knows. */
function levelOf(text: string | undefined): CompatibilityLevel {
  try {
    return text === undefined ? defaultLevel : parseSettings('', parseText('', text)).compatibility
  } catch {
    return defaultLevel
  }
}
