// Which way a launch takes, and what it says where there is none: with commands that play Docker and Java on a PATH of their own.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { folder, launchAnywhere, leavesNothing } from './launches.ts'

leavesNothing(async () => [])
beforeEach(() => {
  for (const name of ['ERRAND_LAUNCHER', 'JAVA_HOME']) vi.stubEnv(name, '')
})

/** The PATH is a folder with these shell scripts alone. */
async function commands(scripts: Readonly<Record<string, string>>): Promise<void> {
  const bin = await folder()
  for (const [name, script] of Object.entries(scripts))
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', bin)
}

const launching = async () => launchAnywhere({ folder: await folder() })

const noDaemon = 'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; exit 1'
const noImage = `case "$1 $2" in
  "version "*|"compose version") exit 0 ;;
  "image inspect") exit 1 ;;
  "pull apache/kafka:"*) echo "Error response from daemon: Get \\"https://registry-1.docker.io/v2/\\": no such host" >&2; exit 1 ;;
esac`
const noCompose = '[ "$1" = version ]'
const oldJava = 'echo \'java version "1.8.0_402"\' >&2'

describe('without any way one error names the three', () => {
  test.each([
    [{}, /KAFKA_BROKERS and SCHEMA_REGISTRY_URL.*- Docker: docker is not on.*- Java 17 and Maven: .*cannot be run/s],
    [{ docker: noDaemon, java: oldJava }, /no daemon answers: Cannot connect to.*Java 17.*1\.8\.0_402/s],
    [{ docker: noCompose }, /- Docker: Docker runs, and has no "docker compose"\.\n/],
    [{ docker: noImage }, /cannot get apache\/kafka:\S+: Error.*no such host/],
  ])('%#', async (scripts, message) => {
    await commands(scripts)
    const launched = launching()
    await expect(launched).rejects.toMatchObject({ code: 'no-broker' })
    await expect(launched).rejects.toThrow(message)
  })
})

test('Docker that cannot get an image is told of, with the remedy, and Java is tried', async () => {
  await commands({ docker: noImage, java: 'echo \'openjdk version "21.0.1"\' >&2' })
  vi.stubEnv('XDG_CACHE_HOME', await folder())
  const said: string[] = []
  const launched = launchAnywhere({ folder: await folder(), onProgress: (step) => said.push(step) })
  await expect(launched).rejects.toThrow(/mvn is not on the PATH/)
  expect(said.slice(1)).toEqual([
    expect.stringMatching(/^Downloading apache\/kafka:\S+ with Docker, once$/),
    expect.stringMatching(/^Docker runs, and cannot get apache\/kafka:.*no such host; trying Java instead$/),
    expect.stringMatching(/^Downloading Kafka .* with Maven/),
  ])

  vi.stubEnv('ERRAND_LAUNCHER', 'docker')
  const only = launching()
  await expect(only).rejects.toMatchObject({ code: 'image-missing' })
  await expect(only).rejects.toThrow(/See that "docker pull apache\/kafka:\S+" works/)
})

test('a folder keeps to the way it was launched in, whatever runs and whatever is asked for', async () => {
  await commands({ docker: noDaemon })
  const inJava = await folder()
  await mkdir(join(inJava, 'kafka'))
  await writeFile(join(inJava, 'kafka', 'cluster.json'), '{"brokers":1}')
  await expect(launchAnywhere({ folder: inJava })).rejects.toMatchObject({ code: 'java-missing' })
  const inDocker = await folder()
  const mark = join(inDocker, 'docker-project')
  await writeFile(mark, 'errand-test')
  const kept = launchAnywhere({ folder: inDocker })
  await expect(kept).rejects.toMatchObject({ code: 'docker-unavailable' })
  await expect(kept).rejects.toThrow(/data of \S.* are from a launch with Docker\. .*no daemon answers/)
  vi.stubEnv('ERRAND_LAUNCHER', 'java')
  const asked = launchAnywhere({ folder: inDocker })
  await expect(asked).rejects.toMatchObject({ code: 'other-way' })
  await expect(asked).rejects.toThrow(/errand reset/)
  await rm(mark) // nothing was ever launched: no real Docker, which may not run here, is to be asked to end it
  vi.stubEnv('ERRAND_LAUNCHER', 'podman')
  await expect(launching()).rejects.toThrow('ERRAND_LAUNCHER is "podman", and must be docker or java')
})
