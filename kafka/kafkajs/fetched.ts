// What a fetch brought, as the log's reader may see it: no control records and nothing of aborted transactions (the
// algorithm of KIP-98, "Consumer Coordinator": the broker names the aborted transactions, markers end them).
import type { KafkaMessage } from 'kafkajs'

type FetchedMessage = KafkaMessage & {
  readonly isControlRecord: boolean
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
}

export type FetchedPartition = {
  readonly partition: number
  readonly lastStableOffset: string
  /** By first offset. */
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[] | null
  readonly messages: readonly FetchedMessage[]
}

/** Key of a control record: version 0, type 0. */
const abortMarker = Buffer.from([0, 0, 0, 0])

/** The messages from an offset on that are committed records. */
export function committedMessages(
  { messages, abortedTransactions }: FetchedPartition,
  from: bigint,
): readonly KafkaMessage[] {
  const coming = [...(abortedTransactions ?? [])]
  const aborted = new Set<string>()
  return messages.filter((message) => {
    const offset = BigInt(message.offset)
    while (coming[0] && BigInt(coming[0].firstOffset) <= offset) aborted.add(coming.shift()!.producerId)
    const { producerId, inTransaction } = message.batchContext
    if (message.isControlRecord) {
      if (message.key?.equals(abortMarker)) aborted.delete(producerId)
      return false
    }
    return offset >= from && !(inTransaction && aborted.has(producerId))
  })
}
