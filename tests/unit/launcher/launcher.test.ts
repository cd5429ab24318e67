// The launcher's pure parts, and what it does before any server starts.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { kill } from '../../../bin/launcher/child.ts'
import { javaVersion } from '../../../bin/launcher/java.ts'
import { brokerProperties } from '../../../bin/launcher/kafka.ts'
import { endLeftovers, folderMark, markedPids } from '../../../bin/launcher/leftovers.ts'
import { lockFolder, readRunning } from '../../../bin/launcher/lock.ts'
import { complaint, findJars } from '../../../bin/launcher/maven.ts'
import { claimPort, freePort, host } from '../../../bin/launcher/port.ts'
import { tail } from '../../../bin/launcher/server.ts'

afterEach(() => vi.unstubAllEnvs())

const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'errand-unit-'))
  onTestFinished(() => rm(made, { recursive: true }))
  return made
}
const never = new AbortController().signal

test('a Java is read in the old and the new way of numbering', () => {
  expect(javaVersion('openjdk version "17.0.15" 2025-04-15')).toBe(17)
  expect(javaVersion('Picked up JAVA_TOOL_OPTIONS: -Dx\njava version "1.8.0_402"')).toBe(8)
  expect(javaVersion('openjdk version "25" 2025-09-16')).toBe(25)
  expect(javaVersion('no such thing')).toBeUndefined()
})

test('what was downloaded once is found without Maven, and only while all of it is there', async () => {
  const cache = await folder()
  vi.stubEnv('XDG_CACHE_HOME', cache)
  vi.stubEnv('PATH', cache)
  const jars = join(cache, 'errand', 'kafka-4.2.0-apicurio-3.0.9')
  const files = [
    join(cache, 'a.jar'),
    join(cache, 'b.jar'),
    join(jars, 'apicurio/apicurio-registry-app-3.0.9-runner.jar'),
  ]
  await mkdir(join(jars, 'apicurio'), { recursive: true })
  for (const file of files) await writeFile(file, '')
  await writeFile(join(jars, 'classpath'), files.slice(0, 2).join(delimiter))
  const found = { kafkaClasspath: files.slice(0, 2).join(delimiter), apicurioJar: files[2] }
  expect(await findJars(() => undefined, never)).toEqual(found)
  await rm(files[1]!)
  await expect(findJars(() => undefined, never)).rejects.toMatchObject({ code: 'maven-missing' })
})

test("Maven's complaint is what is wrong, not how to run it again", () => {
  const said = [
    '[INFO] BUILD FAILURE',
    '[ERROR] Could not transfer a.jar: refused -> [Help 1]',
    '[ERROR] ',
    '[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.',
    '[ERROR] [Help 1] http://cwiki.apache.org/confluence/display/MAVEN/Some',
  ]
  expect(complaint(said)).toBe('[ERROR] Could not transfer a.jar: refused -> [Help 1]')
  expect(complaint(['[ERROR] Error executing Maven.', 'x.ParseException: bad option', '\tat x.y(Z.java:1)'])).toBe(
    '[ERROR] Error executing Maven.\nx.ParseException: bad option',
  )
  expect(complaint(['Killed'])).toBe('Killed')
})

test('one node replicates once, three nodes thrice, and no setting contradicts another', () => {
  const read = (text: string) =>
    Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/, 2)),
    )
  const node = (index: number) => ({ port: 9092 + index, controllerPort: 20_000 + index })
  expect(read(brokerProperties([node(0)], 0))).toMatchObject({
    'controller.quorum.voters': '1@127.0.0.1:20000',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'auto.create.topics.enable': 'false',
  })
  expect(read(brokerProperties([node(0), node(1), node(2)], 2))).toMatchObject({
    'node.id': '3',
    'controller.quorum.voters': '1@127.0.0.1:20000,2@127.0.0.1:20001,3@127.0.0.1:20002',
    'advertised.listeners': 'PLAINTEXT://127.0.0.1:9094',
    'offsets.topic.replication.factor': '3',
    'min.insync.replicas': '2',
  })
})

test('only a whole mark says that a process is ours', () => {
  const mark = folderMark('/home/a/.errand')
  const list = `   12 java ${mark} -Xmx512m kafka.Kafka\n  345 sh -c guard sh java ${mark}\n   67 java ${mark}2\n   89 vi ${mark.slice(1)}\n`
  expect(markedPids(list, mark)).toEqual([12, 345])
  expect(markedPids(list, folderMark('/home/a/.errand2'))).toEqual([])
})

test('what a killed launch left running is ended', async () => {
  const mark = folderMark(await folder())
  const child = spawn('sh', ['-c', 'echo up; sleep 600', mark], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  onTestFinished(() => kill(-child.pid!, 'SIGKILL'))
  await once(child.stdout, 'data')
  await endLeftovers(mark, never)
  expect(child.signalCode).toBe('SIGTERM')
})

test('the last words of a log leave out stack frames', () => {
  const log = `${'old\n'.repeat(50)}ERROR no space\n\tat a.b(C.java:1)\n\t... 12 more\n${'x'.repeat(1_000)}\n`
  expect(tail(log).split('\n').slice(-3)).toEqual(['old', 'ERROR no space', 'x'.repeat(400)])
})

test('those of containers too, whose name leads each line', () => {
  const frames = '\tat a.b(C.java:1)\nregistry-1  | '.repeat(50)
  expect(tail(`registry-1  | Caused by: no space\nregistry-1  | ${frames}\t... 12 more\nregistry-1  |\n`)).toBe(
    'registry-1  | Caused by: no space',
  )
})

test('a port that is taken is refused, and a free one is given where any will do', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  const port = await freePort()
  expect(await claimPort(port, 'Kafka', 'PORT')).toBe(port)
  await once(server.listen(port, host), 'listening')
  await expect(claimPort(port, 'Kafka', 'PORT')).rejects.toMatchObject({ code: 'port-taken' })
  expect(await claimPort(0, 'Kafka', 'PORT')).not.toBe(port)
})

test('a folder is locked until its holder lets go, who tells of itself meanwhile', async () => {
  const of = await folder()
  const lock = lockFolder(of)!
  expect([lockFolder(of), readRunning(of)]).toEqual([undefined, undefined])
  const running = { pid: 7, socket: '/tmp/keeper', users: [8, 9] }
  lock.tell(running)
  expect([lockFolder(of), readRunning(of)]).toEqual([undefined, running])
  lock[Symbol.dispose]()
  expect(readRunning(of)).toBeUndefined()
  lockFolder(of)![Symbol.dispose]()
})
