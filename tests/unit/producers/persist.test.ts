import { describe, expect, it } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { silentLog } from '../../../process/log.ts'
import { persist } from '../../../producers/persist.ts'
import type { Producer } from '../../../producers/producer.ts'
import { notSent, outcomeUnknown } from '../../../producers/sendErrors.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { record, settle } from './simulatedLog.ts'

const place = { topic: 'results', partition: 0, offset: 7n }

/** A producer whose sends end as given, one after the other; then it acknowledges. */
function producerEnding(...ends: readonly unknown[]) {
  let sends = 0
  const send: Producer['send'] = async () => {
    const end = ends[sends++]
    if (end !== undefined) throw end
    return place
  }
  return { producer: { send }, sends: () => sends }
}

const persisting = (producer: Pick<Producer, 'send'>) => {
  const clock = manualClock()
  const controller = new AbortController()
  const options = { clock, signal: controller.signal, log: silentLog }
  const persisted = persist(producer, 'results', record('a'), { kind: 'key' }, options)
  persisted.catch(() => undefined)
  return { clock, persisted, abort: () => controller.abort(new Error('shutdown')) }
}

describe('persist', () => {
  it('sends again, with ever longer pauses, until the broker has acknowledged', async () => {
    const { producer, sends } = producerEnding(notSent('results', 'x'), outcomeUnknown('results', 'y'))
    const { clock, persisted } = persisting(producer)
    await settle()
    await clock.advance(10_000)
    expect(await persisted).toEqual(place)
    expect(sends()).toBe(3)
  })

  it('does not repeat what is no use to repeat', async () => {
    const { producer, sends } = producerEnding(new ErrandError('record-too-large', 'x'))
    await expect(persisting(producer).persisted).rejects.toMatchObject({ code: 'record-too-large' })
    expect(sends()).toBe(1)
    await expect(persisting(producerEnding(new TypeError('x')).producer).persisted).rejects.toThrow(TypeError)
  })

  it('ends with the reason of the abort, also in a pause', async () => {
    const { producer, sends } = producerEnding(...Array.from({ length: 99 }, () => notSent('results', 'x')))
    const { persisted, abort } = persisting(producer)
    await settle()
    abort()
    await expect(persisted).rejects.toThrow('shutdown')
    expect(sends()).toBeLessThanOrEqual(2)
  })
})
