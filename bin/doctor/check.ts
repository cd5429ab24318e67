// One thing that `errand doctor` looks at. Checks know nothing of each other: each gives its own verdict, in bounded time.
import type { App } from '../../app/app.ts'
import { ErrandError } from '../../app/errors.ts'
import type { Catalogue } from '../../kafka/catalogue.ts'
import type { ClusterFacts } from '../../kafka/kafkajs/clusterFacts.ts'
import type { Log } from '../../kafka/log.ts'
import type { Clock } from '../../process/clock.ts'
import type { Config } from '../../process/config.ts'
import type { Told } from '../../process/finding.ts'
import type { Registry } from '../../schemas/registry/registry.ts'

/** What is examined. Nothing of it is changed. */
export type Examined = {
  /** As it was named with `--app`. */
  readonly appPath: string
  readonly app: App
  readonly config: Config
  readonly catalogue: Catalogue
  readonly kafka: Log
  readonly facts: ClusterFacts
  readonly registry: Registry
  readonly clock: Clock
}

export type Verdict =
  | { readonly kind: 'fine'; readonly says: string }
  /** At least one. */
  | { readonly kind: 'found'; readonly findings: readonly Told[] }
  /** It could not be asked, for a reason that another check finds. */
  | { readonly kind: 'unasked'; readonly why: string }

export type Check = {
  readonly name: string
  /** It is not asked where no broker answers. */
  readonly needsKafka: boolean
  readonly ask: (examined: Examined) => Promise<Verdict>
}

export const fine = (says: string): Verdict => ({ kind: 'fine', says })
export const found = (problem: string, remedy: string): Verdict => ({ kind: 'found', findings: [{ problem, remedy }] })
/** Fine, with `says`, where there are none. */
export const verdict = (findings: readonly Told[], says: string): Verdict =>
  findings.length > 0 ? { kind: 'found', findings } : fine(says)

/** Longer than any check takes that gets answers. */
const patienceMs = 30_000

/** The verdict. What the check throws is one too, and so is silence. */
export async function ask({ name, ask: question }: Check, examined: Examined): Promise<Verdict> {
  const answered = new AbortController()
  const silence = examined.clock.sleep(patienceMs, answered.signal).then(
    () =>
      found(
        `the check of ${name} got no answer within ${patienceMs / 1_000} s`,
        'see what the brokers log, and ask again',
      ),
    () => fine('answered'), // nobody looks at it any more
  )
  try {
    return await Promise.race([question(examined), silence])
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return found(
      message,
      error instanceof ErrandError ? 'mend that, and ask again' : 'this is a fault of errand: please report it',
    )
  } finally {
    answered.abort()
  }
}
