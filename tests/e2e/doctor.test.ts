// `errand doctor` as an operator and a script meet it: on a system of real processes, healthy and then less and less so.
import { expect, inject, test } from 'vitest'
import { newSecret } from '../../process/keyring.ts'
import { command } from './commands.ts'
import { realSystem } from './realSystem.ts'

const doctor = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
  const ran = command('errand', ['doctor', '--app', 'tests/adder.ts', ...args], env)
  return { code: await ran.ended, output: ran.output() }
}

type Report = {
  readonly findings: number
  readonly checks: readonly { readonly check: string; readonly kind: string }[]
}

test('a system that runs is well; without a worker, and seen with another secret, each is found with its remedy', async () => {
  const errand = await realSystem(inject('system'))
  const worker = await errand.start('workers')
  const { url } = await errand.start('api', 'subscribers', 'callbacks', 'status', 'delay')
  const env = { ...errand.env, ERRAND_HTTP_PORT: new URL(url).port }
  expect((await errand.ask(url, { a: 1, b: 1 })).status).toBe(202)
  const well = await doctor(env)
  expect([well.code, well.output]).toEqual([0, expect.stringContaining('All is well.')])
  const json = JSON.parse((await doctor(env, '--json')).output) as Report
  expect(json.findings).toBe(0)
  expect(new Set(json.checks.map(({ kind }) => kind))).toEqual(new Set(['fine']))
  const other = await doctor({ ...env, ERRAND_SECRET: newSecret() })
  expect(other.code).toBe(1)
  expect(other.output).toMatch(/✗ seals +1 of the 1 newest records of .*\.requests\.add were sealed under another/)
  await worker.program.stop()
  const { code, output } = await doctor(env)
  expect(code).toBe(1)
  expect(output).toMatch(
    /✗ groups +nobody runs workers of add \(group .*\); 0 records wait\n +→ errand start workers --only add/,
  )
  expect(output).toMatch(/\n1 finding\.\n/)
})

test('without a cluster and a registry the rest is examined all the same; without a complete environment it exits 2', async () => {
  const env = {
    KAFKA_BROKERS: '127.0.0.1:1',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
    ERRAND_SECRET: newSecret(),
    ERRAND_HTTP_PORT: '1',
  }
  const { code, output } = await doctor(env)
  expect(code).toBe(1)
  for (const line of [
    /✗ brokers/,
    /- topics +not asked: no broker answers/,
    /✗ schemas/,
    /✓ store/,
    /✓ secret/,
    /✗ api/,
  ])
    expect(output).toMatch(line)
  expect(await doctor({ ...env, KAFKA_BROKERS: '' })).toEqual({
    code: 2,
    output: expect.stringContaining('KAFKA_BROKERS is not set'),
  })
})
