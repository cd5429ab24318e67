// The client id of a member tells which process it is of: `errand-workers@host:4711.3fa9c1`. The broker shows it to whoever asks
// who is in a group, so that a process can see that one of this machine has died and still counts as a member.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** After how long a silent member is taken for dead. The broker's minimum is usually 6,000. */
export const sessionTimeoutMs = 10_000

/** Which process, and which of those that have had its number: in a container that is the same after each restart. */
export type ProcessName = { readonly host: string; readonly pid: number; readonly nonce: string }

const here: ProcessName = { host: hostname(), pid: process.pid, nonce: randomBytes(3).toString('hex') }

/** The client id of a member of this process, or of the one that is named. */
export const memberClientId = (program: string, { host, pid, nonce }: ProcessName = here): string =>
  `${program}@${host}:${pid}.${nonce}`

/**
 * Whether it is of a process of this machine that has ended. Never of one that cannot be told: of another machine, of another
 * client, or where another process has its number by now.
 */
export function hasDied(clientId: string): boolean {
  const { host, pid, nonce } = /@(?<host>[^@:]+):(?<pid>\d+)\.(?<nonce>[0-9a-f]+)$/.exec(clientId)?.groups ?? {}
  if (host !== here.host || nonce === here.nonce) return false
  return Number(pid) === here.pid || !isAlive(Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH' // somebody else's process, or no number of one
  }
}
