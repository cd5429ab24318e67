// A redrive as an operator follows it: what is planned, how it gets on, what a trial shows, and how it ends. Letters go to their
// group's own retry topic, so that no other group sees them again, each once (letterPass.ts).
import { ErrandError } from '../../app/errors.ts'
import { controlName, type FailingGroup } from '../../kafka/catalogue.ts'
import { isoTime } from '../../process/isoTime.ts'
import { randomBytes } from '../../process/random.ts'
import type { Platform } from '../role.ts'
import type { Action, Tally } from './letterBatch.ts'
import { encodeEdits } from './letterEdits.ts'
import { isToDo, type LetterFilter, matching } from './letterFilter.ts'
import { pass } from './letterPass.ts'
import { deciding } from './letterPlan.ts'
import { redrivePlan } from './redrivePlan.ts'
import { Trial, type TrialVerdict, wentWell } from './trial.ts'

export type RedriveEvent =
  /** Before a trial: what it is a trial of. */
  | { readonly kind: 'planned'; readonly letters: number; readonly parked: number; readonly pastDeadline: number }
  /** So many more. */
  | { readonly kind: 'redriven'; readonly letters: number }
  /** Of a letter of the trial. */
  | ({ readonly kind: 'verdict' } & TrialVerdict)
  | { readonly kind: 'done'; readonly action: string; readonly redriven: number; readonly parked: number }
  | (Stopped & { readonly redriven: number; readonly parked: number })

export type SkipEvent =
  /** So many more. */
  | { readonly kind: 'skipped'; readonly letters: number }
  | { readonly kind: 'done'; readonly action: string; readonly skipped: number }
  | (Stopped & { readonly skipped: number })

/** What has been done so far stays done; the others are as open as before. */
export type Stopped = {
  readonly kind: 'stopped'
  readonly because: 'trial' | 'aborted' | 'takenOver'
  readonly why: string
  readonly action: string
}

export type SkipOptions = {
  /** Who does it, for the audit. */
  readonly by: string
  readonly signal: AbortSignal
}

export type RedriveOptions = SkipOptions & {
  /** Sends so many, waits for what becomes of them, and goes on only if all went well. */
  readonly first?: number
  readonly perSecond?: number
  /** By letter id: what is sent in place of a letter's value, as JSON. */
  readonly edited?: ReadonlyMap<string, unknown>
}

type Redriving = Omit<Platform, 'onFailed'>

export async function* redrive(
  platform: Redriving,
  group: FailingGroup,
  filter: LetterFilter,
  { by, first, perSecond, signal, edited }: RedriveOptions,
): AsyncGenerator<RedriveEvent> {
  const action = actionOf(
    platform,
    'redrive',
    { by, filter, does: deciding(filter) },
    await encodeEdits(platform, group, edited),
  )
  const told = new Progress(platform, group, action)
  const stop = (cause: Pick<Stopped, 'because' | 'why'>): RedriveEvent => {
    const { redriven, parked } = told.end(cause.because)
    return { kind: 'stopped', ...cause, action: action.id, redriven, parked }
  }
  const sending = { signal, ...(perSecond === undefined ? {} : { perSecond }) }
  const more = (letters: number): readonly RedriveEvent[] => (letters > 0 ? [{ kind: 'redriven', letters }] : [])
  try {
    if (first !== undefined) {
      const { letters, parked, pastDeadline } = await redrivePlan(platform, group, filter, { signal })
      yield { kind: 'planned', letters, parked, pastDeadline }
      const trial = await Trial.open(platform, group)
      const trying = { ...action, does: sendsOnly(action.does) }
      for await (const tally of pass(platform, group, trying, { ...sending, limit: first, onSending: trial.sending })) {
        yield* more(told.take(tally).redriven)
        await trial.look(signal)
      }
      const verdicts: TrialVerdict[] = []
      for await (const verdict of trial.verdicts(signal)) {
        verdicts.push(verdict)
        yield { kind: 'verdict', ...verdict }
      }
      if (!verdicts.every(wentWell)) {
        yield stop({ because: 'trial', why: whyNotOn(verdicts) })
        return
      }
    }
    for await (const tally of pass(platform, group, action, sending)) yield* more(told.take(tally).redriven)
  } catch (error) {
    const cause = causeOfStop(error, signal, group)
    if (!cause) throw error
    yield stop(cause)
    return
  }
  const { redriven, parked } = told.end('done')
  yield { kind: 'done', action: action.id, redriven, parked }
}

export async function* skip(
  platform: Redriving,
  group: FailingGroup,
  filter: LetterFilter,
  { by, signal }: SkipOptions,
): AsyncGenerator<SkipEvent> {
  const isMeant = matching(filter)
  const action = actionOf(platform, 'skip', {
    ...{ by, filter },
    does: (letter) => (isToDo(letter, filter) && isMeant(letter) ? 'skip' : undefined),
  })
  const told = new Progress(platform, group, action)
  try {
    for await (const tally of pass(platform, group, action, { signal })) {
      const letters = told.take(tally).skipped
      if (letters > 0) yield { kind: 'skipped', letters }
    }
  } catch (error) {
    const cause = causeOfStop(error, signal, group)
    if (!cause) throw error
    yield { kind: 'stopped', ...cause, action: action.id, skipped: told.end(cause.because).skipped }
    return
  }
  yield { kind: 'done', action: action.id, skipped: told.end('done').skipped }
}

/** In a trial nothing is set aside: what it does not send is as it was where it does not go well. */
const sendsOnly =
  (does: Action['does']): Action['does'] =>
  (letter) =>
    does(letter) === 'send' ? 'send' : undefined

/** Ids sort by time. */
function actionOf(
  { clock }: Pick<Platform, 'clock'>,
  verb: Action['verb'],
  rest: Pick<Action, 'by' | 'filter' | 'does'>,
  edited: Action['edited'] = new Map(),
): Action {
  const second = isoTime(clock.now())
    .replace(/\.\d+Z$/, '')
    .replaceAll(/[-:]/g, '')
  return { id: `${second}-${randomBytes(4).toString('hex')}`, verb, edited, ...rest }
}

/** Counts what an action has done, and writes it to the log when it ends. */
class Progress {
  readonly #end: (how: string, done: Tally) => void
  #done: Tally = { redriven: 0, skipped: 0, parked: 0 }

  constructor({ logger }: Pick<Platform, 'logger'>, group: FailingGroup, { id, verb, by, filter }: Action) {
    this.#end = (how, done) =>
      logger.info(verb === 'skip' ? 'letters.skipped' : 'letters.redriven', {
        ...{ group: group.id, action: id, by, filter, how, ...done },
      })
  }

  /** How much more that is. */
  take(done: Tally): Tally {
    const before = this.#done
    this.#done = done
    return {
      redriven: done.redriven - before.redriven,
      skipped: done.skipped - before.skipped,
      parked: done.parked - before.parked,
    }
  }

  end(how: string): Tally {
    this.#end(how, this.#done)
    return this.#done
  }
}

function whyNotOn(verdicts: readonly TrialVerdict[]): string {
  const [bad] = verdicts.filter((verdict) => !wentWell(verdict))
  return `of ${verdicts.length} tried, ${verdicts.filter(wentWell).length} went well${bad ? `; ${bad.letter.id} ${bad.verdict === 'none' ? 'has no verdict yet' : bad.verdict}${bad.why ? `: ${bad.why}` : ''}` : ''}`
}

function causeOfStop(
  error: unknown,
  signal: AbortSignal,
  group: FailingGroup,
): Pick<Stopped, 'because' | 'why'> | undefined {
  if (signal.aborted) return { because: 'aborted', why: 'it was told to stop' }
  if (error instanceof ErrandError && error.code === 'fenced')
    return {
      because: 'takenOver',
      why: `somebody else has begun to redrive or skip letters of ${controlName(group)}, and goes on from here; or the broker has ended a transaction that took longer than 15 s`,
    }
  return undefined
}
