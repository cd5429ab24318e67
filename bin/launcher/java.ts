// The user's own Java: what JAVA_HOME names, else the first on the PATH.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { refusal } from './refusal.ts'

/** The oldest Java that a Kafka 4 broker runs on (KIP-1013). */
const oldest = 17
const remedy = `Install Java ${oldest} or newer (https://adoptium.net) and put it on the PATH or in JAVA_HOME`

/** The command that starts a Java new enough. Throws `java-missing` or `java-too-old`. */
export async function findJava(signal: AbortSignal): Promise<string> {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java'
  const { stderr } = await promisify(execFile)(java, ['-version'], { signal }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw refusal('java-missing', `Kafka needs Java, and "${java} -version" cannot be run.`, remedy, cause)
  })
  if ((javaVersion(stderr) ?? 0) >= oldest) return java
  throw refusal(
    'java-too-old',
    `Kafka needs Java ${oldest}, and ${java} is ${/.*version.*/.exec(stderr)?.[0] ?? 'of unknown version'}.`,
    remedy,
  )
}

/** The feature release that `java -version` tells: 17 for `17.0.15`, 8 for `1.8.0_402`. */
export const javaVersion = (text: string): number | undefined => {
  const found = /version "(?:1\.)?(\d+)/.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}
