// Commits of a member: one try each, stamped with the generation of the latest assignment as it was when commit() was
// called (I8). kafkajs's own commit would repeat an old decision under a new generation (facts B7), and the one that it
// hands to eachBatch is not there before the first record.
import type { Position } from '../log.ts'
import { commitFailed, commitRefused, metadataTooLarge } from '../logErrors.ts'
import type { GroupCoordinator, JoinAnswer } from './coordinator.ts'
import { kafkaType } from './errors.ts'
import { byTopic } from './record.ts'

/**
 * Metadata in one request. The broker writes a commit as one batch of `__consumer_offsets` and refuses one that is larger than
 * that topic takes (INVALID_COMMIT_OFFSET_SIZE): 250 partitions with as much to say as is allowed are.
 */
const requestBytes = 524_288

const refusing = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'])

export class Committer {
  readonly #group: string
  coordinator: GroupCoordinator | undefined
  /** Set at each assignment; undefined while there is none. */
  stamp: JoinAnswer | undefined

  constructor(group: string) {
    this.#group = group
  }

  async commit(positions: readonly Position[]): Promise<void> {
    const { stamp, coordinator } = this
    if (!stamp || !coordinator) throw commitRefused(this.#group, 'this member is not in it')
    if (positions.length === 0) return
    try {
      for (const part of parts(positions))
        await coordinator.ask((present) =>
          present.offsetCommit({
            groupId: this.#group,
            memberId: stamp.memberId,
            groupGenerationId: stamp.generationId,
            topics: byTopic(part),
          }),
        )
    } catch (error) {
      throw this.#asError(error)
    }
  }

  #asError(error: unknown): Error {
    const type = kafkaType(error) ?? ''
    if (refusing.has(type)) return commitRefused(this.#group, type, error)
    return type === 'OFFSET_METADATA_TOO_LARGE'
      ? metadataTooLarge(this.#group, error)
      : commitFailed(this.#group, error)
  }
}

/** Each within `requestBytes`, in their order. */
function parts(positions: readonly Position[]): readonly (readonly Position[])[] {
  const made: Position[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const position of positions) {
    bytes += Buffer.byteLength(position.metadata)
    if (bytes > requestBytes) {
      made.push([])
      bytes = Buffer.byteLength(position.metadata)
    }
    made.at(-1)!.push(position)
  }
  return made
}
