// Ports on the loopback address.
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { refusal } from './refusal.ts'

export const host = '127.0.0.1'

/** The port itself if it is free, for 0 any free one. Throws `port-taken`; `who` is the one that needs it. */
export async function claimPort(port: number, who: string): Promise<number> {
  if (port === 0) return freePort()
  const problem = await tryPort(port)
  if (problem === undefined) return port
  throw refusal(
    'port-taken',
    `${who} needs port ${port} on ${host}, and it cannot be had (${problem}).`,
    `End what listens there (lsof -nP -iTCP:${port} -sTCP:LISTEN names it), choose another port`,
  )
}

/**
 * A port that was free a moment ago. From below the ranges of which operating systems take ports for outgoing connections
 * (Linux from 32768, macOS from 49152), so that it stays free while a broker is restarted.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000)
  return (await tryPort(port)) === undefined ? port : freePort()
}

async function tryPort(port: number): Promise<string | undefined> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    server.close()
  }
}
