// A pass over a group's letters that deals with some of them: each batch's copies, their states and the audit of it all are one
// transaction. So a letter is sent exactly once, whenever whoever does it dies: the next pass goes over the letters again and
// leaves alone what has a state. Of two passes over one group at a time one goes on, as a rule the one that began later (facts D2):
// who is fenced stops where others have dealt with letters since, for the broker fences a transaction that takes too long as well.

import { ErrandError } from '../../app/errors.ts'
import type { FailingGroup } from '../../kafka/catalogue.ts'
import type { TransactionalWriter } from '../../kafka/log.ts'
import { FailedAppend, fenced } from '../../kafka/logErrors.ts'
import { backoffMs } from '../../process/backoff.ts'
import { DeadState } from '../../schemas/platform/generated.ts'
import { nameOf } from '../positions.ts'
import type { Platform } from '../role.ts'
import { ahead } from './ahead.ts'
import type { Letter, LetterState } from './letter.ts'
import {
  type Action,
  adding,
  appendsOf,
  batches,
  type Prepared,
  prepare,
  type Step,
  type Tally,
} from './letterBatch.ts'
import { placeOfCopy, redriverOf } from './letterPlan.ts'
import { scanLetters } from './letterScan.ts'
import { readStates } from './letterStates.ts'

export type PassOptions = {
  /** Sends no more than so many. */
  readonly limit?: number
  readonly perSecond?: number
  readonly signal: AbortSignal
  /** Told of what a batch sends, before it is sent. */
  readonly onSending?: (letters: readonly Letter[]) => Promise<void>
}

type Dealing = Omit<Platform, 'onFailed'>

/** In a row, without a batch between them. */
const maxFailures = 8
/** Whoever has taken over has dealt with letters by then. */
const fencedMs = 3_000

/**
 * Yields what the action has done in all after each transaction. Rejects with `fenced` where another pass goes on, with the
 * signal's reason, and with what cannot be mended by trying again.
 */
export async function* pass(
  platform: Dealing,
  group: FailingGroup,
  action: Action,
  { limit = Number.POSITIVE_INFINITY, perSecond, signal, onSending }: PassOptions,
): AsyncGenerator<Tally> {
  const { codec, clock, logger } = platform
  if (!(await isAny(platform, group, action, signal))) return // who has nothing to do takes nothing over
  const encode = await codec.encoder(`${group.failures.state}-value`, DeadState)
  const wait = pacing(platform, { perSecond, signal })
  let redrivenBefore: number | undefined
  let foreignBefore: bigint | undefined
  const isTakenOver = async (): Promise<boolean> =>
    foreignBefore !== undefined && (await standing(platform, group, action, signal)).foreignAt > foreignBefore
  let wasFenced = false
  let maxLetters = perSecond ?? Number.POSITIVE_INFINITY
  for (let failures = 0; ; ) {
    const reading = new AbortController()
    let writer: TransactionalWriter | undefined
    let sending: readonly Letter[] = []
    try {
      if (failures > 0 && (await isTakenOver())) throw fenced(redriverOf(platform.catalogue.namespace, group))
      writer = await platform.log.transaction(redriverOf(platform.catalogue.namespace, group))
      // Opening it has settled what another one left open: the states are final, and what became of the last batch is known.
      const { states, foreignAt, tally: begun } = await standing(platform, group, action, signal)
      let tally = begun
      redrivenBefore ??= tally.redriven
      foreignBefore ??= foreignAt
      if (failures > 0) yield tally
      const scan = scanLetters(platform, group, { states, signal: AbortSignal.any([signal, reading.signal]) })
      const maxSent = limit - (tally.redriven - redrivenBefore)
      const all = batches(scan, action.does, { maxSent, maxLetters })
      const prepared = preparing(all, (batch) => prepare(platform, group, action, encode, batch))
      for await (const each of ahead(prepared, () => reading.abort(new Error('the pass has ended')))) {
        const { batch } = each
        await wait(batch.length)
        signal.throwIfAborted()
        sending = batch.flatMap(({ does, letter }) => (does === 'send' ? [letter] : []))
        await onSending?.(sending)
        tally = adding(tally, batch)
        await writer.commit(group.id, appendsOf(platform, group, action, encode, { ...each, tally }), [])
        failures = 0
        wasFenced = false
        yield tally
      }
      return
    } catch (error) {
      signal.throwIfAborted()
      const fewer = fewerAfter(error, group, sending)
      if (fewer !== undefined) {
        maxLetters = fewer
        continue
      }
      failures += 1
      const isFenced = error instanceof ErrandError && error.code === 'fenced'
      if (isFenced && (wasFenced || (await isTakenOver().catch(() => false)))) throw error
      wasFenced ||= isFenced
      if (!(isFenced || (error instanceof ErrandError && error.retriable)) || failures > maxFailures) throw error
      logger.warn('letters.goneOverAgain', { group: group.id, failures, error })
    } finally {
      await writer?.close().catch((error: unknown) => logger.debug('redriver.notClosed', { error }))
    }
    await clock.sleep(wasFenced ? fencedMs : backoffMs(failures), signal)
  }
}

async function isAny(
  platform: Dealing,
  group: FailingGroup,
  { does }: Pick<Action, 'does'>,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const { letter } of scanLetters(platform, group, { signal })) if (does(letter) !== undefined) return true
  return false
}

/** Of which letter it was that was refused. */
const tellsNothing = new Set(['unknown-topic', 'closed'])

/**
 * How many letters to send at once where the broker has refused some of these for good, so that all before it are sent and it is
 * found which one it is; undefined where that tells nothing. Throws what names the one.
 */
function fewerAfter(error: unknown, group: FailingGroup, sending: readonly Letter[]): number | undefined {
  if (!(error instanceof FailedAppend) || error.retriable || tellsNothing.has(error.code)) return undefined
  const refused = sending.filter((letter) => nameOf(placeOfCopy(group, letter)) === nameOf(error.to))
  if (refused.length > 1) return Math.ceil(refused.length / 2)
  if (refused.length === 0) return undefined
  const [{ id }] = refused as [Letter]
  const why = `${id} cannot be sent: ${error.message}; skip it (--id), or send what a filter leaves it out of`
  throw new ErrandError(error.code, why, { cause: error })
}

async function* preparing(
  all: AsyncIterable<readonly Step[]>,
  prepared: (batch: readonly Step[]) => Prepared,
): AsyncGenerator<Prepared> {
  for await (const batch of all) yield prepared(batch)
}

/** The states as they are, what of them this action has done, and the last place where others have left one. */
async function standing(
  platform: Dealing,
  { failures }: FailingGroup,
  { id: action }: Action,
  signal: AbortSignal,
): Promise<{ readonly states: ReadonlyMap<string, LetterState>; readonly tally: Tally; readonly foreignAt: bigint }> {
  const states = new Map<string, LetterState>()
  let foreignAt = -1n
  const own = new Set<string>()
  const onState = (id: string, state: DeadState, offset: bigint): void => {
    if (state.action !== action) foreignAt = offset
    if (state.kind === 'audit') return
    states.set(id, state.kind)
    if (state.action === action) own.add(id)
  }
  await readStates(platform, failures, onState, signal)
  const count = (kind: LetterState): number => [...own].filter((id) => states.get(id) === kind).length
  return {
    states,
    foreignAt,
    tally: { redriven: count('redriven'), skipped: count('skipped'), parked: count('parked') },
  }
}

/** A function that waits until so many more may go. */
function pacing(
  { clock }: Pick<Platform, 'clock'>,
  { perSecond, signal }: { readonly perSecond: number | undefined; readonly signal: AbortSignal },
): (letters: number) => Promise<void> {
  let freeAtMs = clock.now()
  return async (letters) => {
    if (perSecond === undefined) return
    const waitMs = freeAtMs - clock.now()
    if (waitMs > 0) await clock.sleep(waitMs, signal)
    freeAtMs = Math.max(freeAtMs, clock.now()) + (letters / perSecond) * 1_000
  }
}
