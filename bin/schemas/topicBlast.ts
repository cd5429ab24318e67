// `errand schemas check --topic`: the blast radius of the folder's highest versions on what the cluster really holds.
import { systemClock } from '../../process/clock.ts'
import { shutdownSignal } from '../../process/lifecycle.ts'
import type { Series } from '../../schemas/folder/folder.ts'
import { type Blast, blastFindings } from '../../schemas/gate/blast.ts'
import { blastTopic } from '../../schemas/gate/blastTopic.ts'
import type { GateFinding } from '../../schemas/gate/finding.ts'
import { checkRegistry } from '../../schemas/registry/registryCheck.ts'
import { appBeside } from '../dev/schemaTypes.ts'
import { progress } from '../progress.ts'
import { openSystem } from '../system.ts'
import { readBlast, recordsToRead } from './blast.ts'

export type TopicFlags = {
  /** Default: `app.ts` beside the folder. */
  readonly app?: string
  readonly topic?: string
  /** ms since the epoch. */
  readonly since?: number
}

export type TopicBlast = { readonly blast: Blast; readonly findings: readonly GateFinding[] }

/**
 * Nothing where no topic was named. Reads it until its end, or until Ctrl-C. Throws what is wrong with
 * configuration, app or topic, and as log and registry do.
 */
export async function topicBlast(
  series: readonly Series[],
  folder: string,
  { app = appBeside(folder), topic, since: sinceMs }: TopicFlags,
): Promise<TopicBlast | undefined> {
  if (topic === undefined) return undefined
  await using system = await openSystem(app, { clientId: 'schemas', logLevel: 'error' })
  const of = blastTopic(system.app, system.catalogue, series, topic)
  await checkRegistry(system.config.registry)
  const total = await recordsToRead(system, of, sinceMs)
  using shutdown = shutdownSignal()
  using shown = progress({ total })
  const startedMs = systemClock.now()
  const onProgress = (done: number): void => {
    const perSecond = Math.round((done / Math.max(1, systemClock.now() - startedMs)) * 1_000)
    shown.update(done, `${done} of ${total} records, ${perSecond}/s`)
  }
  const blast = await readBlast(system, of, { sinceMs, signal: shutdown.signal, onProgress })
  if (!blast.isWhole) shown.say(`interrupted: ${of.topic} was not read to its end`)
  return { blast, findings: blastFindings(blast, of) }
}
