// `errand dead-letters skip`: says what will be closed, asks, and closes it.
import type { LetterDesk } from '../consumers/letters/letterDesk.ts'
import { skipView } from '../consumers/letters/letterView.ts'
import type { SkipEvent } from '../consumers/letters/redrive.ts'
import { shutdownSignal } from '../process/lifecycle.ts'
import { confirmed, mustBeAskable } from './confirm.ts'
import { followed, printed } from './letterEvents.ts'
import { aimed } from './letterFilter.ts'
import { lettersText, skipLines } from './letterLines.ts'
import { type ChangeFlags, operator } from './letterRedrive.ts'
import { progress } from './progress.ts'

/** Sets the exit code to 1 where it was stopped, or the answer was no. */
export async function skipLetters(desk: LetterDesk, name: string, flags: ChangeFlags): Promise<void> {
  const { dryRun = false, yes = false, json = false } = flags
  const filter = aimed(flags)
  if (!yes && !dryRun) mustBeAskable('skip')
  const plan = await desk.plan(name, filter)
  const { group, letters } = skipView(plan)
  if (dryRun || letters === 0) return console.log(json ? JSON.stringify(skipView(plan)) : skipLines(plan).join('\n'))
  const question = `${lettersText(letters)} of ${group} will be closed without being sent again.\nSkip ${lettersText(letters)}? (yes/no) `
  if (!yes && !(await confirmed(question, { to: 'skip' }))) {
    console.log('Nothing is closed.')
    process.exitCode = 1
    return
  }
  using shutdown = shutdownSignal()
  const events = desk.skip(group, filter, { by: operator(), signal: shutdown.signal })
  const end = json ? await printed(events, (event) => event) : await watched(events, letters)
  if (end && !json) console.log(endLines(end, group).join('\n'))
  if (end?.kind !== 'done') process.exitCode = 1
}

type Ended = Extract<SkipEvent, { kind: 'done' | 'stopped' }>

async function watched(events: AsyncIterable<SkipEvent>, letters: number): Promise<Ended | undefined> {
  using shown = progress({ total: letters })
  let closed = 0
  return await followed(events, (event) => {
    if (event.kind !== 'skipped') return
    closed += event.letters
    shown.update(closed, `${closed} of ${letters} closed`)
  })
}

const endLines = (end: Ended, group: string): readonly string[] => [
  `${group}: ${lettersText(end.skipped)} closed${end.kind === 'stopped' ? `; stopped: ${end.why}` : ''}`,
  `  action ${end.action}`,
  ...(end.kind === 'stopped' ? ['  → the same command goes on where it was'] : []),
]
