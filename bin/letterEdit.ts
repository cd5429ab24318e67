// The value of one letter in the operator's editor, as JSON; checked against its schema before anything is sent, and edited
// again where it is refused.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ErrandError } from '../app/errors.ts'
import type { LetterDesk } from '../consumers/letters/letterDesk.ts'
import type { RedrivePlan } from '../consumers/letters/redrivePlan.ts'
import { confirmed } from './confirm.ts'
import { lettersText } from './letterLines.ts'
import { printable } from './printable.ts'

/**
 * Calls `send` with the edited value; again, after another round in the editor, where that is refused. Nothing is sent where it
 * was left as it was, or emptied. Throws `several-letters`, `not-editable`, `no-editor`.
 */
export async function editLetter(
  desk: LetterDesk,
  { group, letters, parked, first }: RedrivePlan,
  send: (edited: ReadonlyMap<string, unknown>) => Promise<void>,
): Promise<void> {
  const [planned] = first
  if (!planned || letters + parked !== 1)
    throw new ErrandError(
      'several-letters',
      `--edit is for one letter, and these are ${lettersText(letters + parked)}: name one with --id${idLines(first)}`,
    )
  const { id } = planned.letter
  const detail = await desk.show(group, id)
  if (detail?.value.kind !== 'json')
    throw new ErrandError('not-editable', `the value of ${id} cannot be shown as JSON, so it cannot be edited`)
  const before = detail.value.json
  for (let text = `${JSON.stringify(before, undefined, 2)}\n`; ; ) {
    text = await edited(text)
    if (text.trim() === '' || isSame(text, before)) {
      console.log('Nothing is sent: the value was left as it was, or emptied.')
      process.exitCode = 1
      return
    }
    try {
      return await send(new Map([[id, parsed(text)]]))
    } catch (error) {
      if (!(error instanceof ErrandError && error.code === 'invalid-edit')) throw error
      if (!process.stdin.isTTY) throw error // nobody who could mend it
      console.error(error.message)
      if (await confirmed('Edit it again? (yes/no) ', { to: 'redrive' })) continue
      console.log('Nothing is sent.')
      process.exitCode = 1
      return
    }
  }
}

const idLines = (first: RedrivePlan['first']): string =>
  first
    .slice(0, 10)
    .map(({ letter }) => `\n  ${printable(letter.id)}`)
    .join('')

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ErrandError('invalid-edit', `this is no JSON: ${(cause as Error).message}`, { cause })
  }
}

const isSame = (text: string, before: unknown): boolean => {
  try {
    return isDeepStrictEqual(JSON.parse(text), before)
  } catch {
    return false // it will be told
  }
}

/** What is left in the file when the editor has ended. Nobody else on the machine can read it. */
async function edited(text: string): Promise<string> {
  const editor = process.env.VISUAL || process.env.EDITOR
  if (!editor) throw new ErrandError('no-editor', 'there is no editor: set VISUAL or EDITOR, such as EDITOR=vi')
  const folder = await mkdtemp(join(tmpdir(), 'errand-letter-'))
  try {
    const file = join(folder, 'value.json')
    await writeFile(file, text, { mode: 0o600 })
    // As git does: a variable may hold options, such as `code --wait`.
    const program = spawn('sh', ['-c', `${editor} "$1"`, editor, file], { stdio: 'inherit' })
    const [code, signal] = await once(program, 'exit')
    if (code !== 0) throw new ErrandError('no-editor', `${editor} ended with ${code ?? signal}: nothing is sent`)
    return await readFile(file, 'utf8')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
