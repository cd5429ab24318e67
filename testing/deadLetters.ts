// What an app in a test has given up.
import { controlName, type Group } from '../kafka/catalogue.ts'
import { readHeaders } from '../kafka/headers.ts'
import { readJourney } from '../kafka/journey.ts'
import { readDeath } from '../kafka/letter.ts'
import type { Log } from '../kafka/log.ts'

export type DeadLetter = {
  /** The request's, or the event's. */
  readonly id: string
  /** Who gave it up: `workers.<request type>`, `subscribers.<name>`, `callbacks`. */
  readonly group: string
  /** Why: `undecodable`, `killed-its-process`, `retries-exhausted`, or the code of what the handler threw. */
  readonly code: string
  readonly message: string
}

/** Of each group in the order in which they were given up. */
export async function deadLetters(log: Log, groups: readonly Group[]): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = []
  for (const group of groups) {
    if (!group.failures) continue
    for await (const record of log.read(group.failures.dead, { from: 'earliest' })) {
      const { code, message } = readDeath(record)
      const { id } = readHeaders(record, { journey: readJourney(record) })
      letters.push({ id, group: controlName(group), code, message })
    }
  }
  return letters
}
