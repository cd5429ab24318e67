// A start without its schemas, as a process of its own.
import { randomBytes } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { runProgram } from '../../../bin/program.ts'
import { applyTopics } from '../../../bin/topics.ts'
import { catalogue } from '../../../kafka/catalogue.ts'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import { newSecret } from '../../../process/keyring.ts'
import { silentLog } from '../../../process/log.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'
import adder from '../../adder.ts'

test('`errand start` ends with exit code 2 and the list of the schemas that are not registered, and what to do', async () => {
  const namespace = `start-${randomBytes(4).toString('hex')}`
  const { brokers, registryUrl } = inject('system')
  const log = kafkajsLog({ clientId: 'start', kafka: { brokers }, log: silentLog })
  onTestFinished(() => log.close())
  await applyTopics(log.admin, catalogue(adder, namespace, platformSchemas), { allowSingleReplica: true })
  const lines: string[] = []
  await using program = runProgram(['start', '--app', 'tests/adder.ts'], {
    env: {
      ...{ KAFKA_BROKERS: brokers.join(','), SCHEMA_REGISTRY_URL: registryUrl },
      ...{ ERRAND_SECRET: newSecret(), ERRAND_NAMESPACE: namespace, ERRAND_SCHEMAS: '' },
    },
    onLine: (line) => lines.push(line),
  })
  expect(await program.ended).toBe(2)
  const text = lines.join('\n')
  for (const name of ['requests.add-value', 'added-value', 'results-adder.AddResult', 'members-value'])
    expect(text).toContain(`- ${namespace}.${name}\n`)
  expect(text).toContain('Run: errand schemas register --app <app.ts>')
})
