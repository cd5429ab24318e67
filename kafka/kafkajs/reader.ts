// Reads a topic outside any group: there is none to join and none to clean up, the next fetch is made when the records
// before have been taken, and the end is known as soon as it is reached.
import type { Admin, LogRecord, ReadOptions } from '../log.ts'
import { isOpen, planRead } from '../readPlan.ts'
import type { ClientOptions } from './client.ts'
import { unlessAborted } from './deadline.ts'
import { Fetcher } from './fetcher.ts'

/** See `Log.read`. Rejects with `log-unavailable` when the cluster has been away for half a minute. */
export async function* readTopic(
  client: ClientOptions,
  admin: Admin,
  topic: string,
  options: ReadOptions,
): AsyncGenerator<LogRecord> {
  const { signal } = options
  const cursors = planRead(topic, await unlessAborted(admin.offsets(topic), signal), options)
  if (!cursors.some(isOpen)) return
  const fetcher = new Fetcher(client, topic, () => admin.offsets(topic))
  try {
    while (cursors.some(isOpen)) {
      for (const { cursor, records, nextOffset } of await unlessAborted(
        fetcher.fetch(cursors.filter(isOpen)),
        signal,
      )) {
        cursor.next = nextOffset
        for (const record of records) {
          signal?.throwIfAborted()
          if (cursor.end === undefined || record.offset < cursor.end) yield record
        }
      }
    }
  } finally {
    await fetcher.close()
  }
}
