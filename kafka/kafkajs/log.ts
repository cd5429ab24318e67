// The log on a real cluster, through kafkajs: the port's first adapter. Nothing outside this folder imports kafkajs.
import type { Log, Membership } from '../log.ts'
import { closed } from '../logErrors.ts'
import { sessionTimeoutMs as defaultMs, memberClientId } from '../memberClient.ts'
import { kafkaAdmin } from './admin.ts'
import { AdminConnection } from './adminConnection.ts'
import type { ClientOptions } from './client.ts'
import type { Closable } from './closable.ts'
import { KafkaMembership } from './membership.ts'
import { readTopic } from './reader.ts'
import { openTransaction } from './transaction.ts'
import { openWriter } from './writer.ts'

export type KafkajsLogOptions = ClientOptions & {
  /** After how long a silent member is taken for dead. */
  readonly sessionTimeoutMs?: number
}

/** Connects nothing yet: each part does when it is used. `close()` closes all that was opened through this log. */
export function kafkajsLog({ sessionTimeoutMs = defaultMs, ...client }: KafkajsLogOptions): Log {
  const connection = new AdminConnection(client)
  const admin = kafkaAdmin(connection)
  const writers = new Set<Closable>()
  const memberClient = { ...client, clientId: memberClientId(client.clientId) }
  const members = new Set<Membership>()
  const closing = new AbortController()
  return {
    admin,
    writer: () => openWriter(client, admin.partitions, writers),
    transaction: (transactionalId) => openTransaction(client, transactionalId, admin.partitions, writers),
    membership: (options) => {
      const member = new KafkaMembership(options, memberClient, sessionTimeoutMs, (self) => members.delete(self))
      members.add(member)
      return member
    },
    read: (topic, { signal = closing.signal, ...options }) =>
      readTopic(client, admin, topic, { ...options, signal: AbortSignal.any([signal, closing.signal]) }),
    close: async () => {
      closing.abort(closed('this log'))
      await Promise.all([...members].map((member) => member.leave()))
      await Promise.all([...writers].map((writer) => writer.close()))
      await connection.close()
    },
  }
}
