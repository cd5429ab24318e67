// The verbs of an app that takes over a topic, as an operator runs them.
import { beforeAll, expect, inject, test } from 'vitest'
import { partitionFor } from '../../../kafka/partition.ts'
import { newSecret } from '../../../process/keyring.ts'
import { command } from '../../e2e/commands.ts'
import { type Others, others } from './others.ts'
import { python, setUpMs } from './python.ts'

beforeAll(() => python(), setUpMs)

const app = 'tests/integration/takeover/shop.ts'

/** Runs a line of shell with `errand` set up for the app. */
function operator(
  { topic, namespace }: Pick<Others, 'topic' | 'namespace'>,
  environment: Readonly<Record<string, string>> = {},
) {
  const { brokers, registryUrl } = inject('system')
  const env = {
    ...{ KAFKA_BROKERS: brokers.join(','), SCHEMA_REGISTRY_URL: registryUrl, ERRAND_NAMESPACE: namespace },
    ...{ ERRAND_SECRET: newSecret(), SHOP_TOPIC: topic, APP: app, ...environment },
  }
  return async (line: string): Promise<readonly [code: number | string, output: string]> => {
    const ran = command('sh', ['-c', line], env)
    return [await ran.ended, ran.output()]
  }
}

test.each(['avro', 'json'] as const)(
  'what `errand produce` writes in %s is read by Python, headers and all',
  async (format) => {
    const theirs = await others()
    const order = { id: 'ö-1', cents: 5, note: 'n' }
    const run = operator(theirs, { SHOP_FORMAT: format, LINE: JSON.stringify(order) })
    if (format === 'avro') {
      expect(await run('errand schemas register --app $APP')).toEqual([
        1,
        expect.stringContaining('register --taken-over'),
      ])
      expect(await run('errand schemas register --taken-over --app $APP')).toEqual([0, expect.stringMatching(/^new /)])
    }
    expect(await run('echo "$LINE" | errand produce orders --app $APP')).toEqual([0, expect.stringContaining('1 sent')])
    const reader = theirs.consume(`reader-${theirs.namespace}`, { format, count: 1 })
    await reader.ended
    const [line] = reader.lines.filter(({ offset }) => offset !== undefined)
    const placed = format === 'avro' ? 0 : '1970-01-01T00:00:00.000Z' // Python's datetime, printed as its milliseconds
    expect(line).toMatchObject({ key: 'ö-1', value: { ...order, placed } })
    expect(line!.headers).toMatchObject({
      'content-type': `application/${format}`,
      ce_type: 'orders',
      ce_source: `/${theirs.namespace}`,
    })
    expect(line!.partition).toBe(partitionFor(Buffer.from('ö-1'), 3))
  },
)

test('topics: what is others’ is shown and left, and what is not there is named before anything is created', async () => {
  const theirs = await others(5)
  const run = operator(theirs)
  expect(await run('errand topics plan --app $APP')).toEqual([
    0,
    expect.stringMatching(/others' {2}\S+ {2}5 partitions.*15 to create, 0 as wanted, 1 taken over/s),
  ])
  expect((await run('errand topics apply --allow-single-replica --app $APP'))[0]).toBe(0)
  await theirs.log.admin.grow([{ name: theirs.topic, partitions: 6 }])
  expect(await run('errand topics plan --app $APP')).toEqual([
    0,
    expect.stringMatching(/grow {5}\S+\.retry {2}6 partitions, 1 replicas; it has 5.*2 to enlarge/s),
  ])
  const nowhere = operator({ ...theirs, topic: `${theirs.topic}-gone`, namespace: `${theirs.namespace}-gone` })
  expect(await nowhere('errand topics plan --app $APP')).toEqual([1, expect.stringMatching(/MISSING {2}\S+-gone/)])
  for (const verb of ['topics apply --allow-single-replica', 'start subscribers'])
    expect(await nowhere(`errand ${verb} --app $APP`)).toEqual([
      2,
      expect.stringContaining('which this cluster does not have'),
    ])
})

test('an event that is only read is not produced', async () => {
  const run = operator(await others(), { SHOP_READS: 'only' })
  expect(await run('echo "{}" | errand produce orders --app $APP')).toEqual([
    2,
    expect.stringContaining('only reads "orders"'),
  ])
})
