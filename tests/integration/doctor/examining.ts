// A system of a test's own to examine: the adder, in a namespace of its own on the tests' cluster, as broken as the test wants.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import { ask, type Check, type Examined, type Verdict } from '../../../bin/doctor/check.ts'
import { examine } from '../../../bin/doctor.ts'
import { newSecret } from '../../../process/keyring.ts'

export const appPath = 'tests/adder.ts'

/** What is found, as one text; the other kinds as they are. */
export const foundBy = async (check: Check, examined: Examined): Promise<string> => textOf(await ask(check, examined))

const textOf = (verdict: Verdict): string => {
  if (verdict.kind === 'fine') return `fine: ${verdict.says}`
  if (verdict.kind === 'unasked') return `unasked: ${verdict.why}`
  return verdict.findings.map(({ problem, remedy }) => `${problem}\n→ ${remedy}`).join('\n')
}

export async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'errand-doctor-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

/** `env` in place of what names the tests' cluster and a new secret, namespace and store. */
export async function examined(env: Readonly<Record<string, string>> = {}): Promise<Examined> {
  const { brokers, registryUrl } = inject('system')
  const given = await examine(appPath, {
    KAFKA_BROKERS: brokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    ERRAND_SECRET: newSecret(),
    ERRAND_NAMESPACE: `doctor-${randomBytes(4).toString('hex')}`,
    ERRAND_STORE_FILE: join(await folder(), 'store.sqlite'),
    ERRAND_HTTP_PORT: '1',
    ...env,
  })
  onTestFinished(() => given[Symbol.asyncDispose]())
  return given
}
