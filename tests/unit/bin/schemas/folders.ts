// Folders of schemas that a test writes, and repositories of git around them.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Text as it is, everything else as JSON. Outside of any repository; gone after the test. */
export function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'errand-schemas-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  write(folder, files)
  return folder
}

export function write(folder: string, files: Readonly<Record<string, unknown>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    const isRaw = typeof content === 'string' || Buffer.isBuffer(content)
    writeFileSync(join(folder, path), isRaw ? content : JSON.stringify(content, null, 2))
  }
}

/** As nobody in particular, with nobody's settings. */
export const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', [...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      ...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@localhost' },
      ...{ GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@localhost' },
    },
  }).trim()

export function commitAll(folder: string): void {
  git(folder, 'add', '-A')
  git(folder, 'commit', '-qm', 'as it is')
}

/** A repository on the branch `main`, with one commit of these files. */
export function repositoryWith(files: Readonly<Record<string, unknown>>): string {
  const folder = folderWith(files)
  git(folder, 'init', '-q', '-b', 'main')
  commitAll(folder)
  return folder
}
