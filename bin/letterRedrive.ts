// `errand dead-letters redrive`: says what will happen, asks, sends, and tells how it went.
import { hostname, userInfo } from 'node:os'
import type { LetterDesk } from '../consumers/letters/letterDesk.ts'
import type { LetterFilter } from '../consumers/letters/letterFilter.ts'
import { eventView, planView } from '../consumers/letters/letterView.ts'
import type { RedriveEvent, RedriveOptions } from '../consumers/letters/redrive.ts'
import type { RedrivePlan } from '../consumers/letters/redrivePlan.ts'
import { shutdownSignal } from '../process/lifecycle.ts'
import { confirmed, mustBeAskable } from './confirm.ts'
import { editLetter } from './letterEdit.ts'
import { followed, printed } from './letterEvents.ts'
import { aimed, type FilterOptions } from './letterFilter.ts'
import { lettersText, planLines, verdictText, warningLines } from './letterLines.ts'
import { printable } from './printable.ts'
import { progress } from './progress.ts'

export type ChangeFlags = FilterOptions & {
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

export type RedriveFlags = ChangeFlags & { readonly first?: number; readonly rate?: number; readonly edit?: boolean }

/** Sets the exit code to 1 where anything is left. */
export async function redriveLetters(desk: LetterDesk, group: string, flags: RedriveFlags): Promise<void> {
  const { dryRun = false, yes = false, json = false, edit = false } = flags
  const filter = aimed(flags)
  if (!yes && !dryRun) mustBeAskable('redrive')
  const plan = await desk.plan(group, filter)
  if (dryRun) return console.log(json ? JSON.stringify(planView(plan)) : planLines(plan).join('\n'))
  if (isNone(plan) && !json) return console.log(planLines(plan).join('\n'))
  if (edit && !isNone(plan)) return editLetter(desk, plan, (edited) => send(desk, filter, plan, flags, edited))
  await send(desk, filter, plan, flags)
}

const isNone = ({ letters, parked }: RedrivePlan): boolean => letters + parked === 0

async function send(
  desk: LetterDesk,
  filter: LetterFilter,
  plan: RedrivePlan,
  { first, rate, yes = false, json = false }: RedriveFlags,
  edited?: RedriveOptions['edited'],
): Promise<void> {
  if (
    !yes &&
    !isNone(plan) &&
    !(await confirmed(questionOf(plan, { first, isEdited: edited !== undefined }), { to: 'redrive' }))
  ) {
    console.log('Nothing is sent.')
    process.exitCode = 1
    return
  }
  using shutdown = shutdownSignal()
  const events = desk.redrive(plan.group, filter, {
    ...{ by: operator(), signal: shutdown.signal },
    ...(first !== undefined && { first }),
    ...(rate !== undefined && { perSecond: rate }),
    ...(edited !== undefined && { edited }),
  })
  const end = json ? await printed(events, eventView) : await watched(events, plan)
  if (end?.kind !== 'done' || end.parked > 0) process.exitCode = 1
}

/** What will happen, for whoever is about to say yes. */
export function questionOf(
  { group, letters, parked, pastDeadline }: RedrivePlan,
  { first, isEdited }: { readonly first: number | undefined; readonly isEdited: boolean },
): string {
  const trial = first === undefined || first >= letters ? '' : `, ${first} first and the rest if that goes well`
  return [
    `${lettersText(letters)}${isEdited ? ', edited,' : ''} of ${group} will be sent to it again${trial}.`,
    ...warningLines({ parked, pastDeadline }),
    `Redrive ${lettersText(letters)}? (yes/no) `,
  ].join('\n')
}

type Ended = Extract<RedriveEvent, { kind: 'done' | 'stopped' }>

async function watched(events: AsyncIterable<RedriveEvent>, plan: RedrivePlan): Promise<Ended | undefined> {
  let [sent, letters] = [0, plan.letters]
  const follow = async (): Promise<Ended | undefined> => {
    using shown = progress({ total: plan.letters })
    return await followed(events, (event) => {
      if (event.kind === 'planned') letters = event.letters
      else if (event.kind === 'verdict') shown.say(verdictText(event))
      else if (event.kind === 'redriven') {
        sent += event.letters
        shown.update(sent, `${sent} of ${letters} redriven`)
      }
    })
  }
  const end = await follow()
  if (end) console.log(endLines(end, plan.group, letters).join('\n'))
  return end
}

/** How it went, and what to do about what is left. */
export function endLines(end: Ended, group: string, letters: number): readonly string[] {
  const { action, redriven, parked } = end
  const left = letters - redriven
  const counted = `${group}: ${lettersText(redriven)} redriven${parked > 0 ? `, ${parked} parked` : ''}`
  const audit = `  action ${action}`
  if (end.kind === 'done') return [counted, audit]
  const again = {
    trial: `mend it, and run the same command again`,
    aborted: 'the same command goes on where it was',
    takenOver:
      'see with `errand dead-letters list` who is at it, and what is left; the same command goes on from there',
  } as const satisfies Record<typeof end.because, string>
  return [printable(`${counted}, ${left} left open; stopped: ${end.why}`), audit, `  → ${again[end.because]}`]
}

/** For the audit. */
export function operator(): string {
  const user = (): string => {
    try {
      return userInfo().username
    } catch {
      return String(process.getuid?.() ?? 'unknown') // a container's user without a name
    }
  }
  return `${user()}@${hostname()}`
}
