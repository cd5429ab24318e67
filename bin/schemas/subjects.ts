// What an app registers of each series of a folder: subjects are named after the app and its namespace.
import { catalogue as catalogueOf } from '../../kafka/catalogue.ts'
import type { Subject } from '../../kafka/subjects.ts'
import { loadNamespace } from '../../process/config.ts'
import type { Series } from '../../schemas/folder/folder.ts'
import { subjectOf } from '../../schemas/folder/seriesSubject.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { loadApp } from '../app.ts'

/** By series; undefined where the app registers nothing of it. */
export async function subjectsOf(
  series: readonly Series[],
  path: string,
): Promise<ReadonlyMap<string, Subject | undefined>> {
  const app = await loadApp(path)
  const catalogue = catalogueOf(app, loadNamespace(process.env) ?? app.name, platformSchemas)
  return new Map(series.map((each) => [each.name, subjectOf(each, app, catalogue)]))
}
