// What a start makes of schemas that are not registered, by ERRAND_SCHEMAS: `fail` ends with the list of them, `register`
// registers them but changes no level, `warn` tells each and goes on (schemas/registry/lateIds.ts).
import { ErrandError } from '../app/errors.ts'
import type { Subject } from '../kafka/subjects.ts'
import { registerSubjects } from '../schemas/registry/register.ts'
import type { System } from './system.ts'

type Starting = Pick<System, 'config' | 'catalogue' | 'registry' | 'log'>

/** Rejects with `schema-not-registered` or `schema-refused`, and, but for `warn`, with `registry-unavailable`. */
export async function checkSchemas(starting: Starting): Promise<void> {
  const { config, log } = starting
  switch (config.schemas) {
    case 'register':
      return register(starting)
    case 'fail': {
      const missing = tellTakenOver(starting, await missingSubjects(starting))
      if (missing.length > 0) throw notRegistered(missing)
      return
    }
    case 'warn': {
      const missing = await missingSubjects(starting).catch((error: unknown) => {
        log.warn('schemas.notChecked', { error, why: 'the registry does not answer; the start goes on' })
        return []
      })
      for (const subject of tellTakenOver(starting, missing, 'waits'))
        log.warn('schema.missing', { subject, why: awaited })
      return
    }
    default:
      return config.schemas satisfies never
  }
}

const awaited = 'it is not registered; what is written with it waits. Run: errand schemas register'
const notConsented = (end: 'fails' | 'waits'): string =>
  `not registered, and its topic is another's: what is sent there ${end}. errand schemas register --taken-over`

async function missingSubjects({ catalogue, registry }: Starting): Promise<readonly Subject[]> {
  const missing: Subject[] = []
  for (const subject of catalogue.subjects)
    if ((await registry.idOf(subject.name, subject.schema)) === undefined) missing.push(subject)
  return missing
}

/** The names of the app's own. Somebody else decides about the others, so they are no reason not to start. */
function tellTakenOver(
  { log }: Starting,
  missing: readonly Subject[],
  end: 'fails' | 'waits' = 'fails',
): readonly string[] {
  for (const { name: subject } of missing.filter(({ takenOver }) => takenOver))
    log.warn('schema.missing', { subject, why: notConsented(end) })
  return missing.filter(({ takenOver }) => !takenOver).map(({ name }) => name)
}

const notRegistered = (missing: readonly string[]): ErrandError =>
  new ErrandError(
    'schema-not-registered',
    `the registry does not hold the app's schema of\n${listed(missing)}\nRun: errand schemas register --app <app.ts>. ERRAND_SCHEMAS=register does it at the start, ERRAND_SCHEMAS=warn starts without.`,
  )

const keptLevel = 'a start changes no level that a subject has, as releases may differ. Run: errand schemas register'

const listed = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n')

async function register({ catalogue, registry, log }: Starting): Promise<void> {
  const refused: string[] = []
  for (const result of await registerSubjects(registry, catalogue.subjects, { keepLevels: true })) {
    const { subject, level, kept } = result
    if (level) log.info('schema.levelSet', { subject, ...level })
    if (kept) log.warn('schema.levelDiffers', { subject, level: kept.from, wanted: kept.to, why: keptLevel })
    if (result.kind === 'new') log.info('schema.registered', { subject, schemaId: result.id })
    if (result.kind === 'left') log.warn('schema.missing', { subject, why: notConsented('fails') })
    if (result.kind === 'refused') refused.push(`${subject}: ${result.reason}`)
  }
  if (refused.length > 0) throw new ErrandError('schema-refused', `the registry refuses\n${listed(refused)}`)
}
