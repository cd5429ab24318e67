// --registry: what a registry holds against the folder. It is only asked; what subjects are called, the app says.
import { loadRegistry } from '../../process/config.ts'
import type { Series } from '../../schemas/folder/folder.ts'
import type { GateFinding } from '../../schemas/gate/finding.ts'
import { registryFindings } from '../../schemas/gate/registryFindings.ts'
import { createRegistry } from '../../schemas/registry/registry.ts'
import { checkRegistry } from '../../schemas/registry/registryCheck.ts'
import { appBeside } from '../dev/schemaTypes.ts'
import { subjectsOf } from './subjects.ts'
import type { Told } from './told.ts'

/** Credentials and certificates are the environment's, for the registry that it names. Rejects where the registry cannot be asked. */
export async function registrySource(
  series: readonly Series[],
  folder: string,
  { registry: url, app: path }: { readonly registry?: string; readonly app?: string },
): Promise<Told> {
  if (url === undefined) return { findings: [] }
  const config = loadRegistry(process.env, url)
  const subjects = await subjectsOf(series, path ?? appBeside(folder))
  await checkRegistry(config)
  const registry = createRegistry(config)
  const defaultLevel = await registry.defaultLevel()
  const findings: GateFinding[] = []
  const withoutSubject: string[] = []
  for (const each of series) {
    const subject = subjects.get(each.name)
    if (!subject) {
      withoutSubject.push(each.name)
      continue
    }
    const { name, takenOver: isTakenOver = false } = subject
    const [versions, level, judgement] = await Promise.all([
      registry.versions(name),
      registry.level(name),
      registry.judge(name, each.versions.at(-1)!.schema),
    ])
    findings.push(...registryFindings(each, { name, isTakenOver, versions, level, defaultLevel, judgement }))
  }
  return { findings, notes: { withoutSubject } }
}
