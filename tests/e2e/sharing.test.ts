// Two `errand dev` in one folder, and what `errand down` and `errand reset` do with it, as a person at two terminals meets them.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { processList } from '../../bin/launcher/leftovers.ts'
import { type Command, command } from './commands.ts'

const running = async (folder: string): Promise<string[]> =>
  (await processList()).split('\n').filter((line) => line.includes(folder))

test('a second errand dev shares the broker, survives the first one’s SIGKILL, and is the last to end it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'errand-sharing-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const env = {
    ERRAND_KAFKA_PORT: '0',
    ERRAND_REGISTRY_PORT: '0',
    ERRAND_NAMESPACE: `sharing-${randomBytes(4).toString('hex')}`,
    ERRAND_HTTP_PORT: '0',
  }
  const dev = (more: Readonly<Record<string, string>> = {}, ...args: string[]): Command =>
    command('errand', ['dev', '--app', 'tests/adder.ts', '--folder', folder, '--receiver-port', '0', ...args], {
      ...env,
      ...more,
    })
  const errand = async (...args: string[]) => {
    const ran = command('errand', [...args, '--folder', folder])
    return [await ran.ended, ran.output()]
  }

  const first = dev()
  const shown = await first.shows(/new Webhook/)
  const apiPort = /API +http:\/\/127\.0\.0\.1:(\d+)/.exec(shown)![1]!
  const receiverPort = /Callbacks go to +http:\/\/127\.0\.0\.1:(\d+)/.exec(shown)![1]!

  const sameReceiver = dev({}, '--receiver-port', receiverPort)
  expect([await sameReceiver.ended, sameReceiver.output()]).toEqual([2, expect.stringContaining('--receiver-port')])
  const sameApi = dev({ ERRAND_HTTP_PORT: apiPort })
  expect([await sameApi.ended, sameApi.output()]).toEqual([2, expect.stringContaining('ERRAND_HTTP_PORT')])

  const second = dev()
  await second.shows(/Using the Kafka of this folder that runs already[\s\S]*new Webhook/)
  first.child.kill('SIGKILL')
  await first.ended
  const curl = /curl -sS[\s\S]*?'\n/.exec(second.output())![0]
  const asked = command('bash', ['-c', curl])
  expect([await asked.ended, asked.output()]).toEqual([0, expect.stringContaining('"status":"queued"')])
  await second.shows(/add\.succeeded +verified/)

  for (const verb of [['down'], ['reset', '--yes']])
    expect(await errand(...verb)).toEqual([2, expect.stringContaining(`in use, by process ${second.child.pid}.`)])
  second.child.kill('SIGINT')
  expect(await second.ended, second.output()).toBe(0)
  await vi.waitFor(async () => expect(await running(folder)).toEqual([]), { timeout: 40_000, interval: 200 })

  expect(await errand('down')).toEqual([0, expect.stringContaining('Nothing')])
  expect(await errand('reset')).toEqual([2, expect.stringContaining('--yes')])
  const secret = await readFile(join(folder, 'secret'), 'utf8')
  expect(existsSync(join(folder, 'kafka', 'cluster.json'))).toBe(true)
  expect(await errand('reset', '--yes')).toEqual([0, expect.stringContaining('are deleted')])
  for (const name of ['kafka', 'registry', 'store.sqlite', 'env'])
    expect(existsSync(join(folder, name)), name).toBe(false)
  expect(await readFile(join(folder, 'secret'), 'utf8')).toBe(secret)
})
