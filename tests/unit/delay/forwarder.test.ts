import { describe, expect, test } from 'vitest'
import { Troubles } from '../../../consumers/delay/destinations.ts'
import { Forwarder, newExperience } from '../../../consumers/delay/forwarder.ts'
import { Partition } from '../../../consumers/partition.ts'
import { Scheduler } from '../../../consumers/scheduler.ts'
import { silentLog } from '../../../process/log.ts'
import { manualClock } from '../../../testing/manualClock.ts'

describe('what is known of a tier’s records', () => {
  const clock = manualClock(0)
  const cause = { code: 'record-too-large', message: 'too large' }

  /** Takes the tier up at an offset, with what was learned before at 7. */
  const condemnedAt = (offset: bigint) => {
    const partition = new Partition(
      { topic: 'tier', partition: 0 },
      {
        lane: new Scheduler({ concurrency: 1, clock, onHeld: () => undefined }).lane(),
        saysBeyond: true,
        window: undefined,
      },
    )
    partition.begin(offset, undefined, 100n)
    const experience = { ...newExperience(), from: 7n, condemned: new Map([7n, 9n, 11n].map((at) => [at, cause])) }
    const nothing = { writer: () => undefined, reload: () => undefined, logger: silentLog, clock }
    new Forwarder({ ...nothing, partition, experience, troubles: new Troubles(clock) })
    return [...experience.condemned.keys()]
  }

  test('holds where it is taken up anew, of what is still to be forwarded', () => {
    expect(condemnedAt(7n)).toEqual([7n, 9n, 11n])
    expect(condemnedAt(10n)).toEqual([11n])
  })

  test('does not hold for a topic of the same name that was made anew', () => {
    expect(condemnedAt(0n)).toEqual([])
  })
})
