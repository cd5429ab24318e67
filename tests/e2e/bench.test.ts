// The benches in short, so that they run when they are needed. What they measure here says nothing: the suite shares the machine.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'

/** Runs a bench once, for a second a case; what it printed, and its figures. */
async function bench(name: string) {
  const { brokers, registryUrl } = inject('system')
  const args = [
    '--disable-warning=TimeoutNegativeWarning',
    'bench/bench.ts',
    name,
    '--repetitions',
    '1',
    '--seconds',
    '1',
  ]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...args, '--json'], {
    env: { ...process.env, KAFKA_BROKERS: brokers.join(','), SCHEMA_REGISTRY_URL: registryUrl },
  })
  const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  expect(told.bench).toBe(name)
  const figures: Readonly<Record<string, number>> = told.figures
  for (const [figure, value] of Object.entries(figures)) if (figure !== 'delayEarly') expect(value).toBeGreaterThan(0)
  return { figures: Object.keys(figures), stderr, delayEarly: figures.delayEarly }
}

it('npm run bench ack measures every figure, finds every 202 in the log, and prints them as JSON', async () => {
  const { figures, stderr } = await bench('ack')
  expect(figures).toEqual([
    'ackVsNaive',
    'ackKeyedVsNaive',
    'ack100VsNaive',
    'ack100KeyedVsNaive',
    'ackVsExpress',
    'ackP99VsNaive',
  ])
  expect(stderr.match(/every 202 is in the log/g)).toHaveLength(2)
})

it('npm run bench workers measures every figure, those of the Java peer where Java is, and finds all that was handled committed', async () => {
  const { figures, stderr } = await bench('workers')
  const javaFigures = ['ioVs', 'ioWarmVs', 'ioRssVs', 'noopVs', 'noopWarmVs'].map((what) => `${what}ParallelConsumer`)
  const isLeftOut = stderr.includes('The Parallel Consumer is left out, and its figures: ')
  expect(new Set(figures)).toEqual(new Set(['ioVsEachMessage', 'noopVsEachMessage', ...(isLeftOut ? [] : javaFigures)]))
  expect(stderr).toContain('Every record that errand handled was committed, and no other')
})

// They share all but their figures with the one before, and take a minute: the long form alone has them.
if (process.env.ERRAND_CHAOS === 'long') {
  it('npm run bench workers-growth measures every figure', async () => {
    const { figures } = await bench('workers-growth')
    expect(figures).toEqual(['growthRate', 'growthRss', 'growthKeys', 'growthPartitions'])
  })

  it('npm run bench workers-rebalance measures every figure', async () => {
    const { figures } = await bench('workers-rebalance')
    expect(figures).toEqual(['joinPauseMs', 'leavePauseMs', 'killedVsSession'])
  })
}

it('npm run bench failures measures every figure, and releases nothing early', async () => {
  const { figures, delayEarly } = await bench('failures')
  expect(figures).toEqual([
    'healthyWithFailing',
    'healthySaturated',
    'delayLateP99Ms',
    'delayEarly',
    'delayIdleCore',
    'redriveVsProduce',
  ])
  expect(delayEarly).toBe(0)
})

it('npm run bench codec measures every figure, over values that all its peers read alike and a folder where the gate finds nothing', async () => {
  const { figures } = await bench('codec')
  expect(figures).toEqual([
    'encodeVsAvsc',
    'decodeVsAvsc',
    'decodeOlderVsAvsc',
    'decodeVsRegistryClient',
    'gateSeconds',
    'gateGoldenSeconds',
  ])
})
