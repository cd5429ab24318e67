// A stranger's machine: a folder outside of this repository, one Node, npm, and nothing of ours on the PATH or in the
// environment. Commands run in bash, as a person pastes them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, inject, onTestFinished, vi } from 'vitest'
import type { TestNode } from './setup.ts'

export type Ran = { readonly code: number | string; readonly output: string }

/** A command that goes on in its terminal. */
export type Running = {
  output(): string
  /** Resolves when its output matches; fails when it has ended before, or not shown it for two minutes. */
  shows(pattern: RegExp): Promise<void>
  /** Ctrl-C: to all that run in that terminal. Resolves with the exit code. */
  interrupt(): Promise<number | string>
}

export type Stranger = {
  readonly folder: string
  /** Runs to its end, in `folder` or below it. */
  run(script: string, cwd?: string): Promise<Ran>
  /** The same, and expects that it succeeds; its output. */
  sh(script: string, cwd?: string): Promise<string>
  start(script: string, cwd?: string): Running
}

const patienceMs = 240_000

/** A figure, for whoever reads the run. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** What npm, vitest and a developer's own system have put into the environment of this test; not the way to a registry. */
const ours =
  /^(npm_(?!config_(registry|cafile|\w*proxy)$)|VITEST|NODE_(OPTIONS|ENV|PATH)$|ERRAND_|KAFKA_|SCHEMA_REGISTRY_|FLIGHTS_|INIT_CWD$|(TEST|DEV|PROD|MODE|SSR|BASE_URL)$)/

export async function stranger(node: TestNode, env: Readonly<Record<string, string>> = {}): Promise<Stranger> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'errand-stranger-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = (process.env.PATH ?? '').split(delimiter).filter((each) => !each.includes('node_modules'))
  const clean = Object.entries(process.env).filter(([name]) => !ours.test(name))
  const environment = {
    ...Object.fromEntries(clean),
    ...env,
    npm_config_cache: inject('npmCache'),
    PATH: [node.folder, ...path].join(delimiter),
  }
  const start = (script: string, cwd = folder): Running & { readonly ended: Promise<number | string> } => {
    const child = spawn('bash', ['-c', `set -euo pipefail\n${script}`], {
      cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a process group of its own, as a terminal gives
    })
    let text = ''
    let over = false
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    const ended = once(child, 'close').then(([code, signal]) => {
      over = true
      return (code ?? signal) as number | string
    })
    const signal = (name: NodeJS.Signals): void => {
      if (!over && child.pid !== undefined) process.kill(-child.pid, name)
    }
    onTestFinished(async () => {
      signal('SIGKILL')
      await ended
    })
    const shows = async (pattern: RegExp): Promise<void> => {
      await vi.waitUntil(() => over || pattern.test(text), { timeout: 120_000, interval: 100 }).catch(() => undefined)
      expect(text).toMatch(pattern)
    }
    const interrupt = (): Promise<number | string> => {
      signal('SIGINT')
      return ended
    }
    return { output: () => text, shows, interrupt, ended }
  }
  const run = async (script: string, cwd?: string): Promise<Ran> => {
    const { ended, output } = start(script, cwd)
    const late = new Promise<string>((resolve) => setTimeout(resolve, patienceMs, 'did not end in time').unref())
    return { code: await Promise.race([ended, late]), output: output() }
  }
  const sh = async (script: string, cwd?: string): Promise<string> => {
    const { code, output } = await run(script, cwd)
    expect(code, `${script}\n${output}`).toBe(0)
    return output
  }
  return { folder, run, sh, start }
}
