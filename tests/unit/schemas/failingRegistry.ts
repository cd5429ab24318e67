// A registry in memory that fails while it is told to, and counts how often it is asked for a schema; with a clock and a log.
import { memoryRegistry } from '../../../schemas/registry/memoryRegistry.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { testContext } from '../../../testing/testContext.ts'

export function failingRegistry() {
  const inner = memoryRegistry()
  const state = { fails: undefined as Error | undefined, asked: 0 }
  const clock = manualClock()
  const { log, logged } = testContext()
  const schema: typeof inner.schema = async (id) => {
    state.asked += 1
    if (state.fails) throw state.fails
    return inner.schema(id)
  }
  const told = () => logged.map(({ level, event }) => `${level} ${event}`)
  return { inner, registry: { ...inner, schema }, state, clock, log, told }
}
