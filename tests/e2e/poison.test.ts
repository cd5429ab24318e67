// A request whose handler ends its process, on a real broker: a supervisor starts the workers again and again.
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { realSystem } from './realSystem.ts'

const patient = { timeout: 180_000, interval: 200 }

test('a request that kills its process is failed and dead-lettered after four deaths; all others are done, and told', async () => {
  const errand = await realSystem(inject('system'))
  const { url } = await errand.start('api', 'status', 'callbacks', 'delay')
  const ids: string[] = []
  // The first of its partition is the one that kills: what moves a position on is progress, after which it would count anew.
  for (let a = 0; a < 40; a += 1) {
    const response = await errand.ask(url, { a, b: 1, takesMs: a % 4 === 1 ? 300 : 0, mood: a === 0 ? 'kills' : '' })
    expect(response.status).toBe(202)
    ids.push(((await response.json()) as { id: string }).id)
  }
  let [deaths, stopping] = [0, false]
  const supervise = async (): Promise<void> => {
    while (!stopping) {
      const running = await errand.start('workers').catch(() => undefined)
      await running?.program.ended
      if (!stopping) deaths += 1
    }
  }
  void supervise()
  onTestFinished(() => {
    stopping = true
  })
  await vi.waitFor(() => expect(new Set(errand.callbacks.map(({ id }) => id)).size).toBe(40), patient)
  stopping = true
  const failed = errand.callbacks.filter(({ type }) => type === 'add.failed').map(({ id }) => id)
  expect(failed).toEqual([ids[0]])
  const shown = (await (await errand.get(url, `/v1/requests/${ids[0]}?wait=10`)).json()) as {
    status: string
    error: object
  }
  expect(shown).toMatchObject({ status: 'failed', error: { code: 'internal' } })
  const letters: (string | undefined)[] = []
  const { kafka, catalogue } = errand.system
  const { failures } = catalogue.groups.find(({ role }) => role === 'workers')!
  for await (const { headers } of kafka.read(failures!.dead, { from: 'earliest' }))
    letters.push(headers.get('errand-dead-code')?.[0]?.toString())
  expect(letters).toEqual(['killed-its-process'])
  expect(deaths).toBe(4)
})
