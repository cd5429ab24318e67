// Kafka and Apicurio from Maven repositories, through the user's own Maven, so that its mirrors and settings apply. Once:
// what it found is remembered in the user's cache, shared by every folder.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { run } from './child.ts'
import { refusal } from './refusal.ts'

export type Jars = {
  /** Kafka's, as `java -cp` takes it: files in the local Maven repository. */
  readonly kafkaClasspath: string
  readonly apicurioJar: string
}

/** As docker-compose.kafka.yml has them. */
export const versions = { kafka: '4.2.0', apicurio: '3.0.9' } as const
const { kafka, apicurio } = versions
const log4j = '2.25.1'

const dependencies = [
  ['org.apache.kafka', 'kafka_2.13', kafka],
  ['org.apache.kafka', 'kafka-tools', kafka],
  ['org.apache.logging.log4j', 'log4j-core', log4j],
  ['org.apache.logging.log4j', 'log4j-slf4j-impl', log4j],
]

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>errand</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependencies
    .map(
      ([group, artifact, version]) => `
    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
    )
    .join('')}
  </dependencies>
</project>
`

// 2.10 on purpose: the 3.x plugins read the parent POM of Apicurio's archive, which its makers do not publish.
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:2.10'

/**
 * The jars, downloaded if they are not there. `onProgress` is told what is being downloaded.
 * Throws `maven-missing`, or `download-failed` with what Maven said.
 */
export async function findJars(onProgress: (step: string) => void, signal: AbortSignal): Promise<Jars> {
  const caches = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'errand')
  const cache = join(caches, `kafka-${kafka}-apicurio-${apicurio}`)
  const known = await readJars(cache)
  if (known) return known
  await mkdir(caches, { recursive: true })
  const work = await mkdtemp(join(caches, 'download-'))
  try {
    await download(work, onProgress, signal)
    const others = await readJars(cache) // another launch was faster: its jars are as good
    if (others) return others
    await rm(cache, { recursive: true, force: true })
    await rename(work, cache)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  const jars = await readJars(cache)
  if (jars) return jars
  throw refusal(
    'download-failed',
    `Maven said that it downloaded Kafka, and the files that ${join(cache, 'classpath')} lists are not there.`,
    'Make the path of its local repository absolute',
  )
}

/** What an earlier download left, or undefined where any of it is not there any more. */
async function readJars(cache: string): Promise<Jars | undefined> {
  const list = join(cache, 'classpath')
  const apicurioJar = join(cache, 'apicurio', `apicurio-registry-app-${apicurio}-runner.jar`)
  if (![list, apicurioJar].every((path) => existsSync(path))) return undefined
  const kafkaClasspath = await readFile(list, 'utf8')
  return kafkaClasspath.split(delimiter).every((jar) => existsSync(jar)) ? { kafkaClasspath, apicurioJar } : undefined
}

async function download(work: string, onProgress: (step: string) => void, signal: AbortSignal): Promise<void> {
  onProgress(`Downloading Kafka ${kafka} and Apicurio Registry ${apicurio} with Maven, once (160 MB)`)
  await writeFile(join(work, 'pom.xml'), pom)
  const said: string[] = []
  const output = (line: string): void => {
    const file = /Downloading from .*\/(\S+\.(?:jar|gz))$/.exec(line)?.[1]
    if (file) onProgress(`Downloading ${file}`)
    else if (!/Download(ing|ed) from/.test(line)) said.push(line)
  }
  const command = [
    ...['mvn', '--batch-mode', `${plugin}:build-classpath`, `${plugin}:unpack`],
    `-Dmdep.outputFile=${join(work, 'classpath')}`,
    `-Dartifact=io.apicurio:apicurio-registry-app:${apicurio}:tar.gz:all`,
    `-DoutputDirectory=${join(work, 'apicurio')}`,
  ]
  const end = await run(command, { cwd: work, output, signal })
  if (end === 'exit code 127')
    throw refusal(
      'maven-missing',
      'Maven downloads Kafka, and mvn is not on the PATH.',
      'Install it (https://maven.apache.org/install.html)',
    )
  if (end !== 'exit code 0')
    throw refusal(
      'download-failed',
      `Maven could not download Kafka (${end}):\n${complaint(said)}`,
      "Check the network, and the mirrors and proxies of Maven's settings (~/.m2/settings.xml), then try again",
    )
}

/** What Maven says is wrong, without its stack traces and its advice on how to run it again; else its last words. */
export function complaint(said: readonly string[]): string {
  const first = said.findIndex((line) => line.startsWith('[ERROR]'))
  const noise = /^\[ERROR\] *($|\[Help|To see the full|Re-run Maven|For more information)|^\s+at |^\s*$/
  const errors = first === -1 ? [] : said.slice(first).filter((line) => !noise.test(line))
  return (errors.length > 0 ? errors.slice(0, 6) : said.slice(-6)).join('\n')
}
