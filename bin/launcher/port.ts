// Ports on the loopback address.
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { ErrandError } from '../../app/errors.ts'
import { refusal } from './refusal.ts'

export const host = '127.0.0.1'

/** As docker-compose.kafka.yml has them. */
export const kafkaPortVariable = 'ERRAND_KAFKA_PORT'
export const registryPortVariable = 'ERRAND_REGISTRY_PORT'

/** The port that a variable names, or else the usual one. Throws `invalid-configuration`. */
export function portFrom(variable: string, usual: number): number {
  const text = process.env[variable] || String(usual)
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new ErrandError('invalid-configuration', `${variable} is "${text}", and must be a port, or 0 for any free one`)
}

/** The port itself if it is free, for 0 any free one. Throws `port-taken`; `who` needs it, and `variable` chooses another. */
export async function claimPort(port: number, who: string, variable: string): Promise<number> {
  if (port === 0) return freePort()
  const problem = await tryPort(port)
  if (problem === undefined) return port
  throw refusal(
    'port-taken',
    `${who} needs port ${port} on ${host}, and it cannot be had (${problem}).`,
    `End what listens there (lsof -nP -iTCP:${port} -sTCP:LISTEN names it), choose another port with ${variable}`,
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
