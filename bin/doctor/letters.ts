// Are there dead letters that nobody has dealt with? Bounded: however many there are, it is said within seconds.
import { ErrandError } from '../../app/errors.ts'
import { duration } from '../../consumers/blocking.ts'
import { type OpenLetters, openLetters } from '../../consumers/letters/openLetters.ts'
import { controlName, type FailingGroup } from '../../kafka/catalogue.ts'
import type { Told } from '../../process/finding.ts'
import { silentLog } from '../../process/log.ts'
import { Codec } from '../../schemas/codec.ts'
import { lettersText } from '../letterLines.ts'
import { printable } from '../printable.ts'
import { type Check, type Examined, fine, type Verdict } from './check.ts'

/** Of each group the newest are looked at, for so long at most. */
const [most, patienceMs] = [10_000, 15_000]

export const letters: Check = {
  name: 'letters',
  needsKafka: true,
  ask: async (examined) => {
    const { kafka: log, registry, catalogue } = examined
    const there = new Set(await log.admin.topics())
    const failing = catalogue.groups.filter(
      (group): group is FailingGroup =>
        group.failures !== undefined && there.has(group.failures.dead) && there.has(group.failures.state),
    )
    const reading = { log, codec: new Codec({ registry }), logger: silentLog }
    const signal = AbortSignal.timeout(patienceMs)
    try {
      const counted = await Promise.all(
        failing.map(async (group) => ({ group, letters: await openLetters(reading, group, { most, signal }) })),
      )
      return verdictOf(examined, counted)
    } catch (error) {
      const why = signal.aborted ? tooMany : isRegistryAway(error) ? registryAway : undefined
      if (why === undefined) throw error
      return { kind: 'unasked', why }
    }
  },
}

type Counted = { readonly group: FailingGroup; readonly letters: OpenLetters }

const tooMany = `what became of all letters could not be read within ${patienceMs / 1_000} s; errand dead-letters list takes its time`
const registryAway = 'the schema registry does not answer, and what became of letters is in Avro'
const isRegistryAway = (error: unknown): boolean =>
  error instanceof ErrandError && error.code === 'registry-unavailable'

function verdictOf(examined: Examined, counted: readonly Counted[]): Verdict {
  const findings = counted.flatMap((each) => tellOf(examined, each))
  if (findings.length > 0) return { kind: 'found', findings }
  const isPart = counted.some(({ letters: { isPart } }) => isPart)
  return fine(isPart ? `none of the newest ${most} of a group is open` : 'none is open')
}

function tellOf({ clock, appPath }: Examined, { group, letters }: Counted): readonly Told[] {
  const { open, parked, oldestDiedAtMs, reasons, isPart } = letters
  const [name, [commonest]] = [controlName(group), reasons]
  const remedy = `errand dead-letters list ${name} --app ${appPath}`
  const told: Told[] = []
  if (commonest && oldestDiedAtMs !== undefined) {
    const count = `${isPart ? 'at least ' : ''}${open} open dead ${open === 1 ? 'letter' : 'letters'}`
    const age = `the oldest ${duration(clock.now() - oldestDiedAtMs)} old`
    const reason = `${commonest.letters} of them ${printable(commonest.value)}`
    told.push({ problem: `${name} has ${count}, ${age}, ${reason}`, remedy })
  }
  if (parked > 0)
    told.push({
      problem: `${name} has ${lettersText(parked)} parked, for having been redriven too often`,
      remedy: `${remedy} --state parked # then redrive or skip each by its --id`,
    })
  return told
}
