// `errand doctor`: looks at everything that a system stands on, changes nothing, and says of each thing that is not as it
// should be what to do.
import { Command } from 'commander'
import { catalogue as catalogueOf } from '../kafka/catalogue.ts'
import { clusterFacts } from '../kafka/kafkajs/clusterFacts.ts'
import { kafkajsLog } from '../kafka/kafkajs/log.ts'
import { systemClock } from '../process/clock.ts'
import { loadConfig } from '../process/config.ts'
import { silentLog } from '../process/log.ts'
import { platformSchemas } from '../schemas/platform/platform.ts'
import { createRegistry } from '../schemas/registry/registry.ts'
import { loadApp } from './app.ts'
import { brokers } from './doctor/brokers.ts'
import { ask, type Check, type Examined, type Verdict } from './doctor/check.ts'
import { letters } from './doctor/letters.ts'
import { api, groups } from './doctor/roles.ts'
import { schemas } from './doctor/schemas.ts'
import { seals, secret } from './doctor/secret.ts'
import { store } from './doctor/store.ts'
import { positions, topics } from './doctor/topics.ts'

const checks: readonly Check[] = [brokers, topics, positions, schemas, store, secret, seals, groups, letters, api]

export const doctorVerb = (): Command =>
  new Command('doctor')
    .description(
      'look at brokers, topics, schemas, store, secret, roles and dead letters, and say what to do where something is wrong',
    )
    .option('--app <file>', "the app's module", 'app.ts')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      "\nChanges nothing. Exit codes: 0 all is well, 1 there are findings, 2 it cannot ask: the environment is not complete, or\nthere is no app.\n\nExamples:\n  errand doctor\n  errand doctor --app examples/flights/app.ts\n  errand doctor --json | jq -r '.checks[].findings[]?.remedy'",
    )
    .action(doctor)

async function doctor({
  app: appPath,
  json = false,
}: {
  readonly app: string
  readonly json?: boolean
}): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const examined = opened.use(await examine(appPath, process.env))
  const reached = examined.kafka.admin.brokers().then(
    () => true,
    () => false,
  )
  const verdictOf = async (check: Check): Promise<Verdict> =>
    check.needsKafka && !(await reached) ? { kind: 'unasked', why: 'no broker answers' } : ask(check, examined)
  const verdicts = checks.map((check) => ({ check: check.name, verdict: verdictOf(check) })) // all at once
  const given = []
  for (const { check, verdict } of verdicts) {
    given.push({ check, ...(await verdict) })
    if (!json) console.log(text(check, await verdict))
  }
  const findings = given.flatMap((each) => (each.kind === 'found' ? each.findings : [])).length
  if (json) console.log(JSON.stringify({ findings, checks: given }))
  else console.log(findings === 0 ? '\nAll is well.' : `\n${findings} ${findings === 1 ? 'finding' : 'findings'}.`)
  if (findings > 0) process.exitCode = 1
}

/** Throws where nothing can be asked: the environment or the app. Connects nothing yet. */
export async function examine(
  appPath: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Examined & AsyncDisposable> {
  const config = loadConfig(env)
  const app = await loadApp(appPath)
  const client = { clientId: 'errand-doctor', kafka: config.kafka, log: silentLog }
  const [kafka, facts] = [kafkajsLog(client), clusterFacts(client)]
  return {
    appPath,
    app,
    config,
    catalogue: catalogueOf(app, config.namespace ?? app.name, platformSchemas),
    kafka,
    facts,
    registry: createRegistry(config.registry),
    clock: systemClock,
    [Symbol.asyncDispose]: async () => void (await Promise.all([kafka.close(), facts.close()])),
  }
}

const column = (name: string): string => name.padEnd(Math.max(...checks.map((check) => check.name.length)))

function text(name: string, verdict: Verdict): string {
  switch (verdict.kind) {
    case 'fine':
      return `✓ ${column(name)}  ${verdict.says}`
    case 'unasked':
      return `- ${column(name)}  not asked: ${verdict.why}`
    case 'found':
      return verdict.findings
        .map(({ problem, remedy }) => `✗ ${column(name)}  ${problem}\n  ${column('')}  → ${remedy}`)
        .join('\n')
    default:
      return verdict satisfies never
  }
}
