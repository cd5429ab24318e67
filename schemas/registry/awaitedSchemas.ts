// Schemas that a healthy registry does not know: perhaps not yet, where a record was faster than the registration that it
// needs, or than the replica that we ask. Records wait ten minutes for a schema, from when this process first asked for its
// id; then they are undecodable, and so is whatever comes with that id until nobody has asked for it as long. However many
// wait, an id is asked for every few seconds; what becomes of it is told once. A restart begins anew; an outage counts not.
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { AvroSchema } from '../../app/record.ts'
import type { Clock } from '../../process/clock.ts'
import { isoTime } from '../../process/isoTime.ts'
import { undecodable } from '../avro/avro.ts'
import { askAgainAfterMs, never } from './askingAgain.ts'
import type { Registry } from './registry.ts'

/** After so long a schema that is not there is taken for one that never comes. */
export const awaitedMs = 600_000
/** Ids that are known to be missing at a time, for the sake of our memory. Of more the records wait until one of these is given up. */
const maxIds = 1_000

/** `nextMs` is when it is asked for again, and never while it is: one asks for all. */
type Absent = {
  readonly sinceMs: number
  /** How long a registry that answers has said no. */
  waitedMs: number
  /** Of its last no; undefined where it has not answered since. */
  refusedMs: number | undefined
  wantedMs: number
  refusals: number
  nextMs: number
  isGivenUp: boolean
}

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
  const isForgotten = ({ wantedMs }: Absent): boolean => clock.now() - wantedMs >= awaitedMs
  const current = (id: number): Absent | undefined => {
    const known = absent.get(id)
    if (known && isForgotten(known)) absent.delete(id)
    return absent.get(id)
  }
  /** Makes room where one is given up, or wanted no more. */
  const isFull = (): boolean => {
    if (absent.size < maxIds) return false
    for (const [id, each] of absent) if (each.isGivenUp || isForgotten(each)) return !absent.delete(id)
    return true
  }
  /** The registry has said that there is no such schema. */
  const refused = (id: number): ErrandError => {
    const nowMs = clock.now()
    const known = absent.get(id)
    if (!known && isFull())
      return unknown(`the registry knows no schema ${id}, and ${maxIds} others are awaited already`)
    const each = known ?? {
      ...{ sinceMs: nowMs, wantedMs: nowMs, waitedMs: 0, refusedMs: undefined },
      ...{ refusals: 0, nextMs: never, isGivenUp: false },
    }
    each.waitedMs += nowMs - (each.refusedMs ?? nowMs)
    each.refusedMs = nowMs
    each.refusals += 1
    each.nextMs = nowMs + askAgainAfterMs(each.refusals)
    absent.set(id, each)
    if (!known) log.warn('schema.awaited', { schemaId: id, until: isoTime(nowMs + awaitedMs), why: whyAwaited })
    if (!each.isGivenUp && each.waitedMs >= awaitedMs) {
      each.isGivenUp = true
      log.warn('schema.givenUp', { schemaId: id, awaitedMs: nowMs - each.sinceMs, why: whyGivenUp })
    }
    return errorOf(id, each)
  }
  /** The registry has said nothing, or something else than no: the time until it answers does not count. */
  const failed = (id: number, error: unknown): void => {
    const known = absent.get(id)
    if (!known || !(error instanceof ErrandError) || !error.retriable) return void absent.delete(id)
    known.refusedMs = undefined
    known.nextMs = clock.now()
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
        failed(id, error)
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
  return isGivenUp ? undecodable(since) : unknown(since)
}

const unknown = (message: string): ErrandError => new ErrandError('schema-unknown', message, { retriable: true })
