// What has become of letters, on `<group>.dead.state`: a letter is open for as long as nothing lies there under its id. Redriving
// writes there in the transaction that sends, so that one is never true without the other.
import { ErrandError } from '../../app/errors.ts'
import type { Failures } from '../../kafka/catalogue.ts'
import type { Headers, NewRecord } from '../../kafka/log.ts'
import type { Encode } from '../../schemas/codec.ts'
import { DeadState, type DeadStateInit } from '../../schemas/platform/generated.ts'
import type { Platform } from '../role.ts'

export type ReadingStates = Pick<Platform, 'log' | 'codec' | 'logger'>

/** Tells every state that there is, by letter id; of several under one id the last one counts. Rejects as log and registry do. */
export async function readStates(
  { log, codec, logger }: ReadingStates,
  { state: topic }: Pick<Failures, 'state'>,
  onState: (id: string, state: DeadState, offset: bigint) => void,
  signal?: AbortSignal,
): Promise<void> {
  for await (const { key, value, offset } of log.read(topic, { from: 'earliest', ...(signal && { signal }) })) {
    if (key === null || value === null) continue
    try {
      onState(key.toString('utf8'), await codec.decode(value, DeadState), offset)
    } catch (error) {
      if (error instanceof ErrandError && error.retriable) throw error
      logger.warn('letterState.ignored', { topic, offset: String(offset), error })
    }
  }
}

/** Throws as the codec's encoder does. It says all that it has to say in its value: of these there are as many as letters. */
export const stateRecord = (encode: Encode<DeadStateInit>, id: string, state: DeadStateInit): NewRecord => ({
  key: Buffer.from(id),
  value: encode(state),
  headers: none,
})

const none: Headers = new Map()
