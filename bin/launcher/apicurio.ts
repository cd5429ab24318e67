// Apicurio Registry, for clients of Confluent's API. Its default store is memory, which would hand out other schema ids
// after a restart and so lose the meaning of every record on disk: ours is a file, written before a registration is answered.
// It makes that file's tables in many steps, and never comes up again where it was killed between two of them: a mark says
// that it has not been ready yet, and what was interrupted is done again (docker-compose.kafka.yml does the same).
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { host } from './port.ts'
import { type Server, startServer } from './server.ts'

export const registryUrl = (port: number): string => `http://${host}:${port}/apis/ccompat/v7`

/** Starts the registry; its data and log are in `<folder>/registry`. `java` is the command with its options. */
export async function startApicurio({
  folder,
  java,
  jar,
  port,
  signal,
}: {
  folder: string
  java: readonly string[]
  jar: string
  port: number
  signal: AbortSignal
}): Promise<Server> {
  const cwd = join(folder, 'registry')
  await mkdir(cwd, { recursive: true })
  const unfinished = join(cwd, 'unfinished')
  await beginDatabase(cwd, unfinished)
  const command = [
    ...[...java, '-Xmx384m', '-XX:TieredStopAtLevel=1'], // half the processor time of a start, and it has little to do after
    '-Dapicurio.storage.kind=sql',
    '-Dapicurio.storage.sql.kind=h2',
    '-Dapicurio.datasource.url=jdbc:h2:file:./data;WRITE_DELAY=0',
    ...[`-Dquarkus.http.host=${host}`, `-Dquarkus.http.port=${port}`],
    ...['-jar', jar],
  ]
  const isReady = () =>
    fetch(`${registryUrl(port)}/subjects`, { signal: AbortSignal.timeout(5_000) }).then(
      async ({ ok }) => {
        if (ok) await rm(unfinished, { force: true })
        return ok
      },
      () => false, // nobody listens yet
    )
  return startServer(command, { name: 'The schema registry', logFile: join(cwd, 'log'), cwd, isReady, signal })
}

/** Sets the mark before there is a database, and deletes what was made under it. */
async function beginDatabase(folder: string, unfinished: string): Promise<void> {
  if (!existsSync(join(folder, 'data.mv.db'))) await writeFile(unfinished, '')
  if (!existsSync(unfinished)) return
  for (const name of await readdir(folder))
    if (name.startsWith('data.')) await rm(join(folder, name), { recursive: true })
}
