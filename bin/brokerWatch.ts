// Whether the cluster answers, for `/readyz`: asked every few seconds, so that a probe only looks.
import type { Admin } from '../kafka/log.ts'
import type { Clock } from '../process/clock.ts'

const everyMs = 5_000
/** A broker that is frozen refuses nothing: silence counts. */
const patienceMs = 3_000

/** It is taken to answer until it does not. Dispose it to stop asking. */
export function watchBroker({
  admin,
  clock,
}: {
  readonly admin: Admin
  readonly clock: Clock
}): { readonly answers: boolean } & Disposable {
  let answers = true
  let timer: Disposable | undefined
  const ask = async (): Promise<void> => {
    const asked = admin.brokers().then(
      () => true,
      () => false,
    )
    answers = await Promise.race([asked, clock.sleep(patienceMs).then(() => false)])
    if (timer) later()
  }
  const later = (): void => {
    timer = clock.after(everyMs, () => void ask())
  }
  later()
  return {
    get answers() {
      return answers
    },
    [Symbol.dispose]: () => {
      timer?.[Symbol.dispose]()
      timer = undefined
    },
  }
}
