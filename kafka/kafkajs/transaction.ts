// An owner of a transactional id behind the port (facts D). After any error it is of no use: what counts is known when the id
// has been opened anew.
import { ErrandError } from '../../app/errors.ts'
import { systemClock } from '../../process/clock.ts'
import type { TransactionalWriter } from '../log.ts'
import { closed, fenced, metadataTooLarge, transactionFailed } from '../logErrors.ts'
import { type ClientOptions, nimble, openClient } from './client.ts'
import { type Closable, openPart } from './closable.ts'
import { openCluster } from './cluster.ts'
import { isFencing, kafkaType } from './errors.ts'
import { failedAppend, TransactionalProducer } from './transactionalProducer.ts'
import { type CountPartitions, knownPartitions } from './writer.ts'

/** Fences older owners of the id and settles what they left open, before it resolves. */
export async function openTransaction(
  options: ClientOptions,
  transactionalId: string,
  count: CountPartitions,
  opened: Set<Closable>,
): Promise<TransactionalWriter> {
  const client = openClient(options, nimble)
  let isUsable = true
  const producer = new TransactionalProducer(openCluster(client), transactionalId, systemClock)
  const known = knownPartitions(count)
  const writer: TransactionalWriter = {
    commit: async (group, appends, positions) => {
      if (!isUsable) throw closed(`this owner of ${transactionalId}`)
      try {
        for (const append of appends)
          await known(append).catch((error: unknown) => {
            throw failedAppend([append], error)
          })
        await producer.commit(group, appends, positions)
      } catch (error) {
        isUsable = false
        throw asTransactionError(transactionalId, group, error)
      }
    },
    close: async () => {
      isUsable = false
      opened.delete(writer)
      client.shut()
      await producer.close()
    },
  }
  return openPart(writer, { opened, isOpen: () => isUsable, open: () => producer.open() })
}

function asTransactionError(transactionalId: string, group: string, error: unknown): ErrandError {
  if (error instanceof ErrandError) return error
  if (isFencing(error)) return fenced(transactionalId, error)
  return kafkaType(error) === 'OFFSET_METADATA_TOO_LARGE'
    ? metadataTooLarge(group, error)
    : transactionFailed(transactionalId, error)
}
