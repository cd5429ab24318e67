// The system under integration and end-to-end tests: one broker and one registry, launched once however many projects ask, in
// a folder of their own on free ports; or containers, with ERRAND_TESTS_ON=containers; or the cluster that KAFKA_BROKERS and
// SCHEMA_REGISTRY_URL name.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { launch } from '../bin/launcher/launcher.ts'
import { openContainers } from './containers.ts'

export type TestSystem = { readonly brokers: string[]; readonly registryUrl: string }

declare module 'vitest' {
  interface ProvidedContext {
    system: TestSystem
  }
}

type Launched = { readonly system: TestSystem; readonly end: () => Promise<void> }
type Shared = { users: number; readonly launched: Promise<Launched> }

/** Vitest loads this file once a project, each into modules of its own: only the global object is common to them. */
const place = globalThis as { errandTestSystem?: Shared | undefined }

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  place.errandTestSystem ??= { users: 0, launched: open() }
  const shared = place.errandTestSystem
  shared.users++
  project.provide('system', (await shared.launched).system)
  return async () => {
    shared.users--
    if (shared.users > 0) return
    place.errandTestSystem = undefined
    await (await shared.launched).end()
  }
}

async function open(): Promise<Launched> {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = process.env
  if (KAFKA_BROKERS && SCHEMA_REGISTRY_URL)
    return {
      system: { brokers: KAFKA_BROKERS.split(','), registryUrl: SCHEMA_REGISTRY_URL },
      end: () => Promise.resolve(),
    }
  const started = performance.now()
  const launched = process.env.ERRAND_TESTS_ON === 'containers' ? await openContainers() : await launchInFolder()
  say(`Kafka and the schema registry came up in ${((performance.now() - started) / 1_000).toFixed(1)} s`)
  return launched
}

async function launchInFolder(): Promise<Launched> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-tests-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const { brokers, registryUrl, stop } = await launch({
      folder,
      kafkaPort: 0,
      registryPort: 0,
      temporary: true,
      onProgress: say,
    })
    return { system: { brokers: [...brokers], registryUrl }, end: () => stop().finally(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
