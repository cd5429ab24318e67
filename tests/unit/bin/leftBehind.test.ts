import { expect, onTestFinished, test } from 'vitest'
import { defineApp, request } from '../../../app/index.ts'
import type { RecordType } from '../../../app/record.ts'
import { requestsLeftBehind, whyLeftBehind } from '../../../bin/leftBehind.ts'
import { catalogue } from '../../../kafka/catalogue.ts'
import { memoryCluster } from '../../../kafka/memory/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'

const Empty: RecordType<object> = {
  name: 't.Empty',
  schema: { type: 'record', name: 'Empty', namespace: 't', fields: [] },
}
const app = defineApp({ name: 't', requests: { kept: request(Empty, Empty, async () => ({})) } })

test('after a roll-back the requests of a type that is gone are counted until a worker has committed them, and only those', async () => {
  const cluster = memoryCluster({ clock: systemClock })
  const log = cluster.open()
  onTestFinished(() => log.close())
  const names = ['t.requests.kept', 't.requests.gone', 't.requests.idle', 'other.requests.gone']
  await log.admin.create(names.map((name) => ({ name, partitions: 2, replicas: 1, config: {} })))
  const writer = await log.writer()
  for (const topic of names.filter((name) => !name.endsWith('idle')))
    for (const partition of [0, 1])
      await writer.append({ topic, partition }, [{ key: null, value: Buffer.from('x'), headers: new Map() }])
  const left = () => requestsLeftBehind(log.admin, catalogue(app, 't', platformSchemas))
  expect(await left()).toEqual([{ type: 'gone', topic: 't.requests.gone', records: 2n }])
  const commit = async (partition: number) =>
    (await log.transaction('x')).commit(
      't.workers.gone',
      [],
      [{ topic: 't.requests.gone', partition, offset: 1n, metadata: '' }],
    )
  await commit(1)
  const [one] = await left()
  expect(one).toMatchObject({ type: 'gone', records: 1n })
  expect(whyLeftBehind(one!)).toMatch(
    /^1 request of the type "gone" waits, and this version of the app does not have it/,
  )
  await commit(0)
  expect(await left()).toEqual([])
})
