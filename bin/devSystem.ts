// The process that `errand dev` starts anew for every state of the app's files (dev/systemProcess.ts is its other end). It
// loads the app, registers what is new and creates what is missing while its predecessor still works; then it waits to be
// told to run all roles. Nobody types this verb.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { Command } from 'commander'
import { ErrandError } from '../app/errors.ts'
import type { Catalogue } from '../kafka/catalogue.ts'
import { shutdownSignal } from '../process/lifecycle.ts'
import { sampleOf } from '../schemas/json/sample.ts'
import type { Said } from './dev/systemProcess.ts'
import { prepareSystem } from './development.ts'
import { roles } from './roles.ts'
import { runUntilStopped } from './start.ts'
import { openSystem, type System } from './system.ts'

type Options = { readonly app: string; readonly prepared: string; readonly launched: boolean }

export const devSystemVerb = (): Command =>
  new Command('dev-system')
    .description('the system under errand dev')
    .requiredOption('--app <file>')
    .requiredOption('--prepared <fingerprint>')
    .option('--launched', 'the cluster was launched for this app', false)
    .action(devSystem)

async function devSystem(options: Options): Promise<void> {
  if (!process.send) throw new ErrandError('no-parent', 'this is started by `errand dev`; run that')
  using shutdown = shutdownSignal()
  try {
    await runWhenTold(options, shutdown.signal)
  } catch (error) {
    if (!(error instanceof ErrandError)) throw error
    await tell({ kind: 'failed', why: error.message, elsewhere: elsewhere.test(error.code) })
    process.exitCode = 2
  }
}

/** Codes of what no change of the app's files can mend. */
const elsewhere = /^(misconfigured$|invalid-configuration|invalid-secret|log-|registry-|store-|port-)/

async function runWhenTold({ app, prepared, launched }: Options, signal: AbortSignal): Promise<void> {
  const endNow = (): void => process.exit(0) // it holds nothing yet, and the app's module may hang
  signal.addEventListener('abort', endNow)
  const told = once(process, 'message')
  await using system = await openSystem(app, { clientId: 'all' })
  const fingerprint = fingerprintOf(system.catalogue)
  const onProgress = (step: string): void => console.error(`· ${step}`)
  if (fingerprint !== prepared) await prepareSystem(system, { app, launched, onProgress })
  await tell({
    kind: 'prepared',
    namespace: system.catalogue.namespace,
    fingerprint,
    requests: requestsOf(system),
  })
  await told
  signal.removeEventListener('abort', endNow)
  const onStarted = (url = ''): void => {
    void tell({ kind: 'running', url })
    flushCompileCache() // else it would be written at the end, too late for the next one's start
  }
  await runUntilStopped(system, { roles: new Set(roles), only: new Set(), signal, onStarted })
}

const requestsOf = ({ app }: System) =>
  Object.entries(app.requests).map(([type, { input }]) => ({ type, data: sampleOf(input.schema) }))

const fingerprintOf = ({ subjects, topics, takenOver }: Catalogue): string =>
  createHash('sha256')
    .update(JSON.stringify([subjects, topics, takenOver]))
    .digest('base64url')

/** Resolves when it is on its way: a process that ends at once would take it along. */
const tell = (said: Said): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(said, () => resolve())
    else resolve()
  })
