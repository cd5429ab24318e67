// The two rules of a Writer, enforced for both adapters, because breaking them loses acknowledged records without an error
// (facts A3, A4): one append per partition at a time, and none to a partition after one there was rejected.
import { ErrandError } from '../app/errors.ts'
import type { Writer } from './log.ts'

/** The same writer; a call that breaks a rule rejects with `writer-misused` and writes nothing. */
export function strictWriter({ append, close }: Writer): Writer {
  const lanes = new Map<string, 'busy' | 'spent'>()
  return {
    append: async (to, records) => {
      const lane = `${to.topic}/${to.partition}`
      const state = lanes.get(lane)
      if (state) throw new ErrandError('writer-misused', `${lane} is ${state} on this writer: ${remedy[state]}`)
      lanes.set(lane, 'busy')
      try {
        const offset = await append(to, records)
        lanes.delete(lane)
        return offset
      } catch (error) {
        lanes.set(lane, 'spent')
        throw error
      }
    },
    close,
  }
}

const remedy = { busy: 'wait for the append before', spent: 'after a rejection take a new writer' }
