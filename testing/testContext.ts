// A context for testing one handler alone: it keeps what the handler tells.
import type { Context, Logger, LogLine } from '../app/context.ts'

export type TestContext<Resources> = Context<Resources> & {
  /** Every call of `progress`, unmerged. */
  readonly progressed: readonly { readonly fraction: number; readonly message?: string }[]
  /** What would leave with the result: the event's name and its record. */
  readonly sent: readonly { readonly event: string; readonly record: unknown }[]
  readonly logged: readonly LoggedLine[]
}

export type LoggedLine = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  /** Its own and those of `child`. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** What a test may say about the message; all else is that of a first attempt. */
export type TestContextOptions<Resources> = Partial<
  Pick<Context, 'id' | 'key' | 'attempt' | 'run' | 'headers' | 'signal'>
> & {
  /** Default undefined, for handlers that use none. */
  readonly resources?: Resources
}

/**
 * A context for calling a handler as a plain function: `await punctuality(input, testContext({ resources }))`. Pass a signal
 * of your own to abort it.
 */
export function testContext<Resources = undefined>(
  options: TestContextOptions<Resources> = {},
): TestContext<Resources> {
  const progressed: TestContext<Resources>['progressed'][number][] = []
  const sent: TestContext<Resources>['sent'][number][] = []
  const logged: LoggedLine[] = []
  return {
    id: 'test',
    key: null,
    attempt: 1,
    run: 1,
    headers: {},
    signal: new AbortController().signal,
    log: collectingLog(logged),
    progress: (fraction, message) => void progressed.push(message === undefined ? { fraction } : { fraction, message }),
    send: (event, record) => void sent.push({ event: event.name, record }),
    progressed,
    sent,
    logged,
    ...options,
    resources: options.resources as Resources,
  }
}

function collectingLog(lines: LoggedLine[], always: LoggedLine['fields'] = {}): Logger {
  const at =
    (level: LoggedLine['level']): LogLine =>
    (event, fields) =>
      void lines.push({ level, event, fields: { ...always, ...fields } })
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => collectingLog(lines, { ...always, ...fields }),
  }
}
