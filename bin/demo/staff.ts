// The demo's processes, each an `errand start` of its own, and what their logs tell: who did how many requests.
import { type Program, runProgram } from '../program.ts'

export type Staff = {
  readonly apiUrl: string
  readonly programs: number
  /** Requests done by each worker process, by its name. */
  done(): ReadonlyMap<string, number>
  /** Stops all; resolves with the names of those that did not end with exit code 0, and how they ended. */
  stop(): Promise<readonly string[]>
} & AsyncDisposable

type Line = { readonly event?: string; readonly level?: number; readonly url?: string; readonly ended?: string }

const doneEnds = new Set(['succeeded', 'rejected'])

/** Starts all; resolves when every one has joined its groups. Rejects with the last lines of one that ended before. */
export async function startStaff({
  app,
  env,
  signal,
}: {
  readonly app: string
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}): Promise<Staff> {
  await using opened = new AsyncDisposableStack()
  const done = new Map<string, number>()
  const programs = new Map<string, Program>()
  const hire = (name: string, roles: readonly string[]): Promise<Line> => {
    const tail: string[] = []
    const started = Promise.withResolvers<Line>()
    const program = opened.use(
      runProgram(['start', ...roles, '--app', app], {
        env,
        onLine: (text) => {
          tail.push(text)
          if (tail.length > 5) tail.shift()
          const line = parseLine(text)
          if (line.event === 'process.started') started.resolve(line)
          if (line.event === 'request.handled' && doneEnds.has(line.ended ?? ''))
            done.set(name, (done.get(name) ?? 0) + 1)
          if ((line.level ?? 0) >= 50) console.error(`${name}: ${text}`)
        },
      }),
    )
    programs.set(name, program)
    void program.ended.then((code) => started.reject(new Error(`${name} ended with ${code}:\n${tail.join('\n')}`)))
    signal.addEventListener('abort', () => started.reject(signal.reason), { once: true })
    return started.promise
  }
  const [front] = await Promise.all([
    hire('front', ['api', 'callbacks', 'status', 'delay']),
    hire('subscribers', ['subscribers']),
    ...['worker 1', 'worker 2'].map((name) => {
      done.set(name, 0)
      return hire(name, ['workers'])
    }),
  ])
  const stack = opened.move()
  const stop = async (): Promise<readonly string[]> => {
    await stack.disposeAsync()
    const ends = await Promise.all([...programs].map(async ([name, program]) => [name, await program.ended] as const))
    return ends.flatMap(([name, end]) => (end === 0 ? [] : [`${name} ended with ${end}`]))
  }
  return {
    apiUrl: front.url ?? '',
    programs: programs.size,
    done: () => done,
    stop,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const parseLine = (text: string): Line => {
  try {
    return JSON.parse(text)
  } catch {
    return {} // not a line of ours: a warning of Node's, say
  }
}
