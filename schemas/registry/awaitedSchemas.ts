// Schemas that a healthy registry does not know: perhaps not yet, where a record was faster than the registration that it
// needs, or than the replica that we ask. Records wait ten minutes for a schema, from when this process first asked for its
// id; then they are undecodable, and so is whatever comes with that id until nobody has asked for it as long. However many
// wait, an id is asked for every few seconds; what becomes of it is told once. A restart begins anew, and so does an outage.
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { AvroSchema } from '../../app/record.ts'
import type { Clock } from '../../process/clock.ts'
import { isoTime } from '../../process/isoTime.ts'
import { undecodable } from '../avro/avro.ts'
import type { Registry } from './registry.ts'

/** After so long a schema that is not there is taken for one that never comes. */
export const awaitedMs = 600_000
/** How long an id is not asked for again, twice as long after each no. */
const [firstMs, longestMs] = [500, 5_000]
/** Ids that are awaited at a time: who writes ever new ones shall fill neither our memory nor the registry's time. */
const maxIds = 1_000

/** `nextMs` is when it is asked for again, and never while it is: one asks for all. */
type Absent = {
  readonly sinceMs: number
  wantedMs: number
  refusals: number
  nextMs: number
  isGivenUp: boolean
}
const never = Number.POSITIVE_INFINITY

type Schemas = Pick<Registry, 'schema' | 'idOf'>

/**
 * The registry as a group's records need it. `schema` rejects with `schema-unknown`, which is retriable, while an id is
 * awaited, and with `undecodable` after that; never does it resolve with undefined.
 */
export function awaitedSchemas(
  registry: Schemas,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Schemas & { schema(id: number): Promise<AvroSchema> } {
  const absent = new Map<number, Absent>()
  const current = (id: number): Absent | undefined => {
    const known = absent.get(id)
    if (known && clock.now() - known.wantedMs >= awaitedMs) absent.delete(id)
    return absent.get(id)
  }
  const isFull = (): boolean => {
    const [oldest] = absent
    if (absent.size >= maxIds && oldest && clock.now() - oldest[1].sinceMs > awaitedMs) absent.delete(oldest[0])
    return absent.size >= maxIds
  }
  /** The registry has said that there is no such schema. */
  const refused = (id: number): ErrandError => {
    const nowMs = clock.now()
    const known = absent.get(id)
    if (!known && isFull())
      return undecodable(`the registry knows no schema ${id}, and ${maxIds} others are awaited already`)
    const each = known ?? { sinceMs: nowMs, wantedMs: nowMs, refusals: 0, nextMs: never, isGivenUp: false }
    each.refusals += 1
    each.nextMs = nowMs + Math.min(longestMs, firstMs * 2 ** (each.refusals - 1))
    absent.set(id, each)
    if (!known) log.warn('schema.awaited', { schemaId: id, until: isoTime(nowMs + awaitedMs), why: whyAwaited })
    if (!each.isGivenUp && nowMs - each.sinceMs >= awaitedMs) {
      each.isGivenUp = true
      log.warn('schema.givenUp', { schemaId: id, awaitedMs: nowMs - each.sinceMs, why: whyGivenUp })
    }
    return errorOf(id, each)
  }
  return {
    idOf: (subject, schema) => registry.idOf(subject, schema),
    async schema(id) {
      const known = current(id)
      if (known) {
        known.wantedMs = clock.now()
        if (known.wantedMs < known.nextMs) throw errorOf(id, known)
        known.nextMs = never
      }
      const schema = await registry.schema(id).catch((error: unknown) => {
        absent.delete(id) // the ten minutes are those of a registry that answers
        throw error
      })
      if (schema === undefined) throw refused(id)
      if (known && absent.delete(id)) log.info('schema.found', { schemaId: id, awaitedMs: clock.now() - known.sinceMs })
      return schema
    },
  }
}

const whyAwaited =
  'the registry does not know it: the records that are written with it wait; register it, or find out who wrote them'
const whyGivenUp = 'the records that are written with it become dead letters: register it and redrive them'

function errorOf(id: number, { sinceMs, isGivenUp }: Absent): ErrandError {
  const since = `the registry knows no schema ${id}, which has been asked for since ${isoTime(sinceMs)}`
  return isGivenUp ? undecodable(since) : new ErrandError('schema-unknown', since, { retriable: true })
}
