// The launcher with real containers. Runs with `npm run test:containers` only: not everybody has Docker.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeEach, expect, test, vi } from 'vitest'
import { projectOf } from '../../../bin/launcher/dockerWay.ts'
import { folder, launchAnywhere, withAdmin } from './launches.ts'
import { keepsItsPromises } from './promises.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 })
beforeEach(() => void vi.stubEnv('ERRAND_LAUNCHER', 'docker'))

const docker = async (...args: string[]): Promise<string[]> =>
  (await promisify(execFile)('docker', args)).stdout.split('\n').filter(Boolean)
const of = (home: string): string => `label=com.docker.compose.project=${projectOf(home)}`
const running = (home: string): Promise<string[]> => docker('ps', '--format', '{{.Names}}', '--filter', of(home))

/** A command in a container of the registry's own, on its volume. */
const onVolume = (home: string, script: string): Promise<string[]> => {
  const registry = ['--volume', `${projectOf(home)}_registry:/data`, '--entrypoint', 'sh', '--user', 'root']
  return docker('run', '--rm', ...registry, 'apicurio/apicurio-registry:3.0.9', '-c', script)
}

keepsItsPromises({
  running,
  killRegistry: async (home) => void (await docker('kill', `${projectOf(home)}-registry-1`)),
  hasDatabase: (home) =>
    docker('exec', `${projectOf(home)}-registry-1`, 'test', '-f', '/data/registry.mv.db').then(
      () => true,
      () => false,
    ),
  halveDatabase: async (home) => void (await onVolume(home, 'echo half >/data/registry.mv.db')),
  endsWithKeeper: false,
})

test('a temporary system comes up on loopback ports alone, its broker can be restarted, and it leaves no container, network or volume', async () => {
  const home = await folder()
  const system = await launchAnywhere({ folder: home, temporary: true })
  let ended: string | undefined
  void system.ended.then((how) => {
    ended = how
  })
  const ports = await docker('ps', '--format', '{{.Ports}}', '--filter', of(home))
  expect(ports.join().match(/[^ ,]+(?=->)/g)).toEqual(
    [expect.anything(), expect.anything()].map(() => expect.stringMatching(/^127\.0\.0\.1:\d+$/)),
  )
  await withAdmin(system.brokers, (admin) => admin.createTopics({ topics: [{ topic: 'kept' }] }))
  await system.restartBroker(0)
  expect(await withAdmin(system.brokers, (admin) => admin.listTopics())).toEqual(['kept'])
  expect(ended).toBeUndefined()
  await system.stop()
  expect(await docker('ps', '--all', '--quiet', '--filter', of(home))).toEqual([])
  for (const kind of ['network', 'volume'])
    expect(await docker(kind, 'ls', '--quiet', '--filter', of(home))).toEqual([])
})
