// A handler's progress on its way to the client: at most two reports a second; of a burst the newest is sent on.
import type { Clock } from '../process/clock.ts'

const everyMs = 500

export type Report = { readonly fraction: number; readonly message?: string }

/** Calls `send` with the first report at once and then with the newest one each half second. Dispose it when the attempt ends. */
export function throttled(send: (report: Report) => void, clock: Clock): ((report: Report) => void) & Disposable {
  let waiting: Report | undefined
  let timer: Disposable | undefined
  const pass = (): void => {
    timer = undefined
    if (!waiting) return
    const report = waiting
    waiting = undefined
    timer = clock.after(everyMs, pass)
    send(report)
  }
  const take = (report: Report): void => {
    waiting = report
    if (!timer) pass()
  }
  return Object.assign(take, { [Symbol.dispose]: () => timer?.[Symbol.dispose]() })
}
