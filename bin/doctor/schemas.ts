// Does the registry answer, and does it have every schema that this app writes, with a compatibility level that guards it?

import type { Told } from '../../process/finding.ts'
import { diagnoseRegistry } from '../../schemas/registryCheck.ts'
import { type Check, found, verdict } from './check.ts'

export const schemas: Check = {
  name: 'schemas',
  needsKafka: false,
  ask: async ({ config, registry, catalogue: { subjects }, appPath }) => {
    const way = await diagnoseRegistry(config.registry)
    if (way.kind !== 'ok') return found(way.problem, way.remedy)
    const [missing, theirs, unguarded]: [string[], string[], string[]] = [[], [], []]
    for (const { name, schema, takenOver } of subjects) {
      if ((await registry.idOf(name, schema)) === undefined) (takenOver ? theirs : missing).push(name)
      else if (!takenOver && ['NONE', undefined].includes(await registry.level(name))) unguarded.push(name)
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
          unguarded,
          `${unguarded.length} subjects have no compatibility level, so any change of them would be let in`,
        ),
      ],
      `${subjects.length} registered, as the app has them`,
    )
  },
}
