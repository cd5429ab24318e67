// The changes of an app's files as their author means them: what is saved at once is one change. This file alone imports
// chokidar: Node's own recursive watch loses a file on Linux once an editor has replaced it.
import { relative, sep } from 'node:path'
import { watch as watchFiles } from 'chokidar'
import { type Clock, systemClock } from '../../process/clock.ts'

export type Changes = {
  /** Resolves when a file has changed since the last `take`, and none for a moment: a checkout changes many. */
  settled(): Promise<void>
  /** The files that have changed since the last `take`, relative to the folder. */
  take(): readonly string[]
} & AsyncDisposable

export type WatchOptions = {
  readonly folder: string
  /** Paths that are not the app's, files or folders. */
  readonly except?: readonly string[]
  readonly onError: (error: Error) => void
  readonly clock?: Clock
}

/** Shorter and an editor's save in two steps is two changes; longer and it is felt. */
const quietMs = 60
/** A folder that is never quiet is taken as it is. */
const longestMs = 2_000

const source = /\.(?:[cm]?[jt]s|json|avsc)$/
const test = /\.test\.[cm]?[jt]s$/
const foreign = (part: string): boolean => part.startsWith('.') || part === 'node_modules' || part === 'dist'

/** Resolves when it watches. Source files, JSON and Avro schemas; not tests, `node_modules`, `dist` and names with a dot in front. */
export async function watchApp({ folder, except = [], onError, clock = systemClock }: WatchOptions): Promise<Changes> {
  const named = new Set(except.map((path) => relative(folder, path)))
  const isIgnored = (path: string, isFile: boolean): boolean => {
    const name = relative(folder, path)
    if (name === '') return false
    return named.has(name) || name.split(sep).some(foreign) || (isFile && (!source.test(name) || test.test(name)))
  }
  const watcher = watchFiles(folder, {
    ignored: (path, stats) => isIgnored(path, stats?.isFile() ?? false),
    ignoreInitial: true,
  })
  const gathered = gather(clock)
  watcher.on('all', (event, path) => {
    if (event === 'add' || event === 'change' || event === 'unlink') gathered.note(relative(folder, path))
  })
  watcher.on('error', (error) => onError(error as Error))
  await new Promise<void>((resolve) => void watcher.once('ready', resolve))
  return { settled: gathered.settled, take: gathered.take, [Symbol.asyncDispose]: () => watcher.close() }
}

/** Puts single changes together: it settles when there was none for a moment. */
export function gather(clock: Clock): Pick<Changes, 'settled' | 'take'> & { note(file: string): void } {
  const files = new Set<string>()
  let settled = Promise.withResolvers<void>()
  let sinceMs = 0
  let timer: Disposable | undefined
  return {
    note: (file) => {
      if (files.size === 0) sinceMs = clock.now()
      files.add(file)
      timer?.[Symbol.dispose]()
      const leftMs = Math.max(0, sinceMs + longestMs - clock.now())
      const { resolve } = settled
      timer = clock.after(Math.min(quietMs, leftMs), resolve)
    },
    settled: () => settled.promise,
    take: () => {
      const taken = [...files].sort()
      files.clear()
      timer?.[Symbol.dispose]()
      if (taken.length > 0) settled = Promise.withResolvers<void>()
      return taken
    },
  }
}
