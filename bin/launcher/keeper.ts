// The process that keeps the servers of one folder. They are its children, and live as long as anybody uses them: every user
// holds a connection to it, and with the last one it stops the servers and itself. The first launch starts it, in a session
// of its own, which no terminal's Ctrl-C reaches.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { ErrandError } from '../../app/errors.ts'
import { DisposalStack } from '../disposalStack.ts'
import type { KeeperOptions } from './joining.ts'
import { onMessages, type ToKeeper, type ToUser, tell } from './link.ts'
import { lockFolder } from './lock.ts'
import type { Servers } from './servers.ts'
import { startServers } from './way.ts'

globalThis.AsyncDisposableStack ??= DisposalStack

/** Whoever started it may be gone before it listens. */
const firstUserMs = 30_000

const options: KeeperOptions = JSON.parse(process.argv[2]!)
const lock = lockFolder(options.home)
if (lock === undefined) process.exit() // another one was faster

const stopping = new AbortController()
/** With their pids; 0: has not said it yet, and is told all so far when it does. */
const users = new Map<Socket, number>()
/** What whoever comes next is told: how it is, and the way there while it is not up, for a quick step may be over by then. */
let said: readonly ToUser[] = [{ kind: 'progress', step: `Launching Kafka in ${options.home}` }]
// Not in the folder, whose path may be longer than a socket's may be (104 bytes on macOS); nobody else may open it.
const path = join(await mkdtemp('/tmp/errand-keeper-'), 'keeper')
const server = createServer({ allowHalfOpen: true }, welcome)
server.listen(path, publish)
const started = start()
setTimeout(() => void (users.size === 0 && finish()), firstUserMs)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    tellAll({ kind: 'ended', how: `Its keeper, process ${process.pid}, has been told to stop (${signal})` })
    void finish()
  })

function publish(): void {
  lock?.tell({ pid: process.pid, socket: path, users: [...users.values()] })
}

function tellAll(message: ToUser): void {
  said = message.kind === 'up' ? [message] : [...said, message]
  for (const [user, pid] of users) if (pid !== 0) tell(user, message)
}

async function start(): Promise<Servers | undefined> {
  try {
    const onProgress = (step: string): void => tellAll({ kind: 'progress', step })
    const { servers, ...known } = await startServers({ ...options, onProgress, signal: stopping.signal })
    tellAll({ kind: 'up', ...known })
    void servers.ended.then((how) => {
      server.close() // nobody joins what is broken
      tellAll({ kind: 'ended', how })
    })
    return servers
  } catch (error) {
    const code = error instanceof ErrandError ? error.code : 'server-failed'
    const message = error instanceof ErrandError ? error.message : `Kafka cannot be launched: ${error}`
    if (!stopping.signal.aborted) tellAll({ kind: 'failed', code, message })
    return undefined
  }
}

function welcome(user: Socket): void {
  if (stopping.signal.aborted) return void user.destroy() // it finds out, and starts another keeper
  users.set(user, 0)
  onMessages<ToKeeper>(user, (message) => {
    if (message.kind === 'restart') return void restart(user, message.index)
    users.set(user, message.pid)
    publish()
    for (const message of said) tell(user, message)
  })
  const leave = (): void => {
    if (!users.delete(user)) return
    if (users.size === 0) return void finish()
    publish()
    user.end()
  }
  user.on('end', leave).on('close', leave)
}

async function restart(user: Socket, index: number): Promise<void> {
  const servers = await started
  const problem = await servers?.restartBroker(index).catch(String)
  tell(user, { kind: 'restarted', index, ...(problem === undefined ? {} : { problem }) })
}

/** Users that left last wait until this process has gone. */
async function finish(): Promise<void> {
  if (stopping.signal.aborted) return
  stopping.abort()
  server.close()
  const servers = await started
  await Promise.resolve(servers?.[Symbol.asyncDispose]()).catch(console.error) // into keeper.log; all else ends all the same
  await rm(dirname(path), { recursive: true, force: true })
  lock?.[Symbol.dispose]()
  process.exit()
}
