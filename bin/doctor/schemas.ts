// Does the registry answer, and does it have every schema that this app writes, with the level of its subject.json?

import type { Told } from '../../process/finding.ts'
import { defaultLevel } from '../../schemas/folder/subjectSettings.ts'
import { diagnoseRegistry } from '../../schemas/registry/registryCheck.ts'
import { type Check, found, verdict } from './check.ts'

export const schemas: Check = {
  name: 'schemas',
  needsKafka: false,
  ask: async ({ config, registry, catalogue: { subjects }, appPath }) => {
    const way = await diagnoseRegistry(config.registry)
    if (way.kind !== 'ok') return found(way.problem, way.remedy)
    const [missing, theirs, otherwise]: [string[], string[], string[]] = [[], [], []]
    for (const { name, schema, takenOver, level = defaultLevel } of subjects) {
      if ((await registry.idOf(name, schema)) === undefined) (takenOver ? theirs : missing).push(name)
      else if (!takenOver && (await registry.level(name)) !== level) otherwise.push(name)
    }
    const remedy = `errand schemas register --app ${appPath}`
    const tell = (names: readonly string[], problem: string, how = remedy): readonly Told[] =>
      names.length === 0 ? [] : [{ problem: `${problem}: ${names.join(', ')}`, remedy: how }]
    return verdict(
      [
        ...tell(
          missing,
          `${missing.length} of ${subjects.length} subjects do not have the schema that this app writes`,
        ),
        ...tell(
          theirs,
          "subjects of topics that are taken over do not have this app's schema",
          `${remedy} --taken-over`,
        ),
        ...tell(
          otherwise,
          `${otherwise.length} subjects have another compatibility level than their subject.json names`,
        ),
      ],
      `${subjects.length} registered, as the app has them`,
    )
  },
}
