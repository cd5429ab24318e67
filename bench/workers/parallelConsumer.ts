// Confluent's Parallel Consumer, where Java and Maven are: its libraries through the user's own Maven, once, remembered in the
// user's cache; its one class is compiled anew each time.
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { ErrandError } from '../../app/errors.ts'
import { run } from '../../bin/launcher/child.ts'
import { findJava } from '../../bin/launcher/java.ts'
import type { Consumer } from './reading.ts'

const here = join(import.meta.dirname, 'parallel-consumer')
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'errand', 'parallel-consumer')
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:2.10'

/** The peer, or, said to `onProgress`, why it is left out. */
export async function parallelConsumer(
  folder: string,
  onProgress: (step: string) => void,
): Promise<Consumer | undefined> {
  const { signal } = new AbortController()
  const said: string[] = []
  const succeeded = async (...command: string[]): Promise<void> => {
    const end = await run(command, { cwd: here, output: (line) => void said.push(line), signal })
    if (end !== 'exit code 0')
      throw new ErrandError('bench-failed', `${command[0]}: ${end}${said.slice(-5).map((line) => `\n${line}`)}`)
  }
  try {
    const java = await findJava(signal)
    const list = join(cache, 'classpath')
    if (!(await allThere(list))) {
      onProgress('Asking Maven for the Parallel Consumer, once')
      await mkdir(cache, { recursive: true })
      await succeeded('mvn', '--batch-mode', `${plugin}:build-classpath`, `-Dmdep.outputFile=${list}.new`)
      await rename(`${list}.new`, list)
    }
    const libraries = await readFile(list, 'utf8')
    await succeeded(`${java}c`, '-cp', libraries, '-d', folder, join(here, 'KeyedWorker.java'))
    return ({ brokers, topic, group, handlerMs, concurrency, limit, seconds }) => [
      ...[java, '-Xmx512m', '-cp', [folder, libraries].join(delimiter), 'KeyedWorker'],
      ...[brokers.join(','), topic, group, handlerMs, concurrency, limit ?? Number.MAX_SAFE_INTEGER, seconds].map(
        String,
      ),
    ]
  } catch (error) {
    if (!(error instanceof ErrandError)) throw error
    onProgress(`The Parallel Consumer is left out, and its figures: ${error.message}`)
    return undefined
  }
}

const allThere = async (list: string): Promise<boolean> =>
  existsSync(list) && (await readFile(list, 'utf8')).split(delimiter).every((jar) => existsSync(jar))
