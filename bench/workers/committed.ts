// What a bench of ours must not be fast by: leaving out commits.
import { readCommitMetadata } from '../../consumers/commitMetadata.ts'
import type { Log } from '../../kafka/log.ts'

/** Throws unless the group's commits say just so many records of a topic to be done, whose partitions begin at 0. */
export async function checkCommitted(
  log: Log,
  { group, topic }: { readonly group: string; readonly topic: string },
  handled: number,
): Promise<void> {
  const positions = await log.admin.committed(group, [topic])
  const committed = positions.reduce((sum, { offset, metadata }) => {
    const beyond = readCommitMetadata(offset, metadata)?.done ?? []
    return sum + Number(offset) + beyond.reduce((more, { from, to }) => more + Number(to - from), 0)
  }, 0)
  if (committed !== handled) throw new Error(`${group} has handled ${handled} records and committed ${committed}`)
}
