// The launcher with real Java, Maven, Kafka and registry, each test in a folder of its own.
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { kill } from '../../../bin/launcher/child.ts'
import { launch } from '../../../bin/launcher/launcher.ts'
import { folderMark, markedPids, processList } from '../../../bin/launcher/leftovers.ts'
import { folder, launchAnywhere, withAdmin } from './launches.ts'
import { keepsItsPromises } from './promises.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 }) // eight Java programs start here, maybe beside other tests
beforeEach(() => void vi.stubEnv('ERRAND_LAUNCHER', 'java'))

const database = (of: string) => join(of, 'registry', 'data.mv.db')
const running = async (of: string) => markedPids(await processList(), folderMark(of))

keepsItsPromises({
  running,
  killRegistry: async (of) => {
    const registries = (await processList()).split('\n').filter((line) => line.includes('apicurio'))
    for (const pid of markedPids(registries.join('\n'), folderMark(of))) kill(pid, 'SIGKILL')
  },
  hasDatabase: async (of) => existsSync(database(of)),
  halveDatabase: (of) => writeFile(database(of), 'half a database'),
  endsWithKeeper: true,
})

test('an abort while the servers start leaves no process', async () => {
  const of = await folder()
  const controller = new AbortController()
  const launching = launchAnywhere({ folder: of, signal: controller.signal })
  launching.catch(() => undefined)
  await vi.waitFor(async () => expect((await running(of)).length).toBeGreaterThan(2), { timeout: 20_000 })
  controller.abort('enough')
  await expect(launching).rejects.toBe('enough')
  expect(await running(of)).toEqual([])
})

test('three brokers come up, replicate three times, one is restarted cleanly, and one that is killed is told of', async () => {
  const of = await folder()
  await using system = await launchAnywhere({ folder: of, brokers: 3 })
  let ended: string | undefined
  void system.ended.then((which) => {
    ended = which
  })
  await withAdmin(system.brokers, async (admin) => {
    await admin.createTopics({ topics: [{ topic: 'three' }] })
    const partition = async () => (await admin.fetchTopicMetadata({ topics: ['three'] })).topics[0]!.partitions[0]!
    expect([...(await partition()).replicas].sort()).toEqual([1, 2, 3])
    await system.restartBroker(1)
    await vi.waitFor(async () => expect([...(await partition()).isr].sort()).toEqual([1, 2, 3]), { timeout: 20_000 })
  })
  expect(ended).toBeUndefined()
  const third = (await processList())
    .split('\n')
    .find((line) => line.includes(folderMark(of)) && line.includes('broker-3'))
  process.kill(Number(third!.trim().split(/\s+/)[0]), 'SIGKILL')
  await vi.waitFor(() => expect(ended).toMatch(/^Kafka broker 3 has ended: /))
})

test('a broker that does not come up is told with its last words and where its log is', async () => {
  const of = await folder()
  await mkdir(join(of, 'kafka', 'broker-1'), { recursive: true })
  await writeFile(join(of, 'kafka', 'cluster.json'), '{"brokers":1}')
  const launching = launchAnywhere({ folder: of })
  await expect(launching).rejects.toMatchObject({ code: 'server-failed' })
  await expect(launching).rejects.toThrow(
    /Kafka broker 1 did not come up: exit code 1.*broker-1\.log.*No readable meta/s,
  )
})

test('a folder is not launched with another number of brokers', async () => {
  const of = await folder()
  await mkdir(join(of, 'kafka'))
  await writeFile(join(of, 'kafka', 'cluster.json'), '{"brokers":3}')
  await expect(launchAnywhere({ folder: of })).rejects.toMatchObject({ code: 'broker-count' })
})

test('a port that is taken is named, with the remedy', async () => {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  onTestFinished(() => void server.close())
  for (const variable of ['ERRAND_KAFKA_PORT', 'ERRAND_REGISTRY_PORT']) {
    for (const each of ['ERRAND_KAFKA_PORT', 'ERRAND_REGISTRY_PORT'])
      vi.stubEnv(each, each === variable ? String(port) : '0')
    const launching = launch({ folder: await folder() })
    await expect(launching).rejects.toMatchObject({ code: 'port-taken' })
    await expect(launching).rejects.toThrow(new RegExp(`needs port ${port}.*lsof -nP -iTCP:${port}.*${variable}`, 's'))
  }
})

describe('with an empty cache', () => {
  const emptyCache = async (): Promise<string> => {
    const cache = await folder()
    vi.stubEnv('XDG_CACHE_HOME', cache)
    return cache
  }

  test('a download that fails says what Maven said', async () => {
    const cache = await emptyCache()
    await mkdir(join(cache, '.mvn'))
    const nowhere = '<mirror><id>nowhere</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:1</url></mirror>'
    await writeFile(join(cache, 'settings.xml'), `<settings><mirrors>${nowhere}</mirrors></settings>`)
    const config = '-s\n../../settings.xml\n-Dmaven.repo.local=../../m2' // from where Maven runs: errand/download-…
    await writeFile(join(cache, '.mvn', 'maven.config'), config)
    const launching = launchAnywhere({ folder: await folder() })
    await expect(launching).rejects.toMatchObject({ code: 'download-failed' })
    await expect(launching).rejects.toThrow(/127\.0\.0\.1:1.*Connection refused.*settings\.xml/s)
    expect(await readdir(join(cache, 'errand'))).toEqual([])
  })

  test('an abort while Maven runs ends it and keeps nothing of it', async () => {
    const cache = await emptyCache()
    const controller = new AbortController()
    const launching = launchAnywhere({ folder: await folder(), signal: controller.signal })
    launching.catch(() => undefined)
    const maven = async () => (await processList()).split('\n').filter((line) => line.includes(cache))
    await vi.waitFor(async () => expect(await maven()).not.toEqual([]), { timeout: 20_000 })
    controller.abort('enough')
    await expect(launching).rejects.toBe('enough')
    expect(await maven()).toEqual([])
    expect(await readdir(join(cache, 'errand'))).toEqual([])
  })

  test('without Maven the message says so', async () => {
    await emptyCache()
    const bin = await folder()
    await writeFile(join(bin, 'java'), '#!/bin/sh\necho \'openjdk version "21.0.1"\' >&2\n', { mode: 0o755 })
    vi.stubEnv('PATH', bin)
    vi.stubEnv('JAVA_HOME', '')
    await expect(launchAnywhere({ folder: await folder() })).rejects.toMatchObject({ code: 'maven-missing' })
  })
})

test('without Java, or with an old one, the message says which is needed', async () => {
  const bin = await folder()
  vi.stubEnv('PATH', bin)
  vi.stubEnv('JAVA_HOME', '')
  const missing = launchAnywhere({ folder: await folder() })
  await expect(missing).rejects.toMatchObject({ code: 'java-missing' })
  await writeFile(join(bin, 'java'), '#!/bin/sh\necho \'java version "1.8.0_402"\' >&2\n', { mode: 0o755 })
  const old = launchAnywhere({ folder: await folder() })
  await expect(old).rejects.toMatchObject({ code: 'java-too-old' })
  await expect(old).rejects.toThrow(/needs Java 17.*1\.8\.0_402/)
})
