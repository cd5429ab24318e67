// The connection between a launch and the keeper of its folder: JSON, an object a line. Holding it is using the servers; the
// operating system ends it with the process that holds it, however that ends.
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export type ToKeeper =
  | { readonly kind: 'hello'; readonly pid: number }
  | { readonly kind: 'restart'; readonly index: number }

export type ToUser =
  | { readonly kind: 'progress'; readonly step: string }
  | { readonly kind: 'up'; readonly way: string; readonly brokers: readonly string[]; readonly registryUrl: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'ended'; readonly how: string }
  | { readonly kind: 'restarted'; readonly index: number; readonly problem?: string }

export type Link = {
  tell(message: ToKeeper): void
  /** Hands over each message, from the first on; called once. */
  listen(onMessage: (message: ToUser) => void): void
  /** Resolves when the keeper has closed it, or is gone. */
  readonly closed: Promise<void>
  /** Whether it was left before it was closed. */
  left(): boolean
  /** Uses the servers no more. Resolves when they have ended, if nobody else uses them. */
  leave(): Promise<void>
}

export const tell = (socket: Socket, message: ToKeeper | ToUser): void => {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
}

export const onMessages = <Message>(socket: Socket, onMessage: (message: Message) => void): void => {
  const lines = createInterface({ input: socket }).on('line', (line) => onMessage(JSON.parse(line)))
  lines.on('error', () => socket.destroy()) // the socket's; `close` follows, and is what both sides act on
}

/** A link to whoever listens there, or undefined where nobody does, or somebody who is ending. */
export function openLink(path: string): Promise<Link | undefined> {
  const socket = connect(path)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const early: ToUser[] = []
  let left = false
  let onMessage = (message: ToUser): unknown => early.push(message)
  const link: Link = {
    tell: (message) => tell(socket, message),
    listen: (listener) => {
      onMessage = listener
      early.splice(0).forEach(listener)
    },
    closed,
    left: () => left,
    leave: () => {
      left = true
      socket.end()
      return closed
    },
  }
  return new Promise((resolve) => {
    onMessages<ToUser>(socket, (message) => {
      onMessage(message)
      resolve(link)
    })
    void closed.then(() => resolve(undefined))
    link.tell({ kind: 'hello', pid: process.pid })
  })
}
