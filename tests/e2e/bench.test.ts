// The benches in short, so that they run when they are needed. What they measure here says nothing: the suite shares the machine.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'

it('npm run bench ack measures every figure, finds every 202 in the log, and prints them as JSON', async () => {
  const { brokers, registryUrl } = inject('system')
  const args = [
    '--disable-warning=TimeoutNegativeWarning',
    'bench/bench.ts',
    'ack',
    '--repetitions',
    '1',
    '--seconds',
    '1',
  ]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...args, '--json'], {
    env: { ...process.env, KAFKA_BROKERS: brokers.join(','), SCHEMA_REGISTRY_URL: registryUrl },
  })
  const { bench, figures } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  expect(bench).toBe('ack')
  expect(Object.keys(figures)).toEqual([
    'ackVsNaive',
    'ackKeyedVsNaive',
    'ack100VsNaive',
    'ack100KeyedVsNaive',
    'ackVsExpress',
    'ackP99VsNaive',
  ])
  for (const figure of Object.values(figures)) expect(figure).toBeGreaterThan(0)
  expect(stderr.match(/every 202 is in the log/g)).toHaveLength(2)
})
