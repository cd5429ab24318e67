import { expect, test } from 'vitest'
import { Pulse } from '../../../kafka/kafkajs/pulse.ts'
import { manualClock } from '../../../testing/manualClock.ts'

function pulse() {
  const clock = manualClock()
  const silences: number[] = []
  return { clock, silences, pulse: new Pulse({ silenceMs: 100, clock, onSilence: () => silences.push(clock.now()) }) }
}

test('whoever beats in time is never taken for silent', async () => {
  const bench = pulse()
  for (let beat = 0; beat < 20; beat += 1) {
    bench.pulse.beat()
    await bench.clock.advance(99)
  }
  expect(bench.silences).toEqual([])
})

test('silence is told once, so long after the last beat, and anew after the next', async () => {
  const bench = pulse()
  bench.pulse.beat()
  await bench.clock.advance(50)
  bench.pulse.beat()
  await bench.clock.advance(1_000)
  expect(bench.silences).toEqual([150])
  bench.pulse.beat()
  await bench.clock.advance(1_000)
  expect(bench.silences).toEqual([150, 1_150])
})

test('whoever rests is not expected to beat', async () => {
  const bench = pulse()
  bench.pulse.beat()
  bench.pulse.rest()
  await bench.clock.advance(1_000)
  expect(bench.silences).toEqual([])
})
