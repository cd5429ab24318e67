// A desk over letters in memory: those of the adder's groups, written as their groups would write them.
import { onTestFinished } from 'vitest'
import type { App } from '../../../app/app.ts'
import { applyTopics } from '../../../bin/topics.ts'
import type { LetterState } from '../../../consumers/letters/letter.ts'
import { letterDesk } from '../../../consumers/letters/letterDesk.ts'
import type { Platform } from '../../../consumers/role.ts'
import { catalogue as catalogueOf, controlName, type FailingGroup } from '../../../kafka/catalogue.ts'
import { writeHeaders } from '../../../kafka/headers.ts'
import { type Journey, newJourney } from '../../../kafka/journey.ts'
import { letterHeaders } from '../../../kafka/letter.ts'
import type { Headers, Log, LogRecord } from '../../../kafka/log.ts'
import { memoryCluster } from '../../../kafka/memory/log.ts'
import { type Clock, systemClock } from '../../../process/clock.ts'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'
import { silentLog } from '../../../process/log.ts'
import { newRequestId } from '../../../process/requestId.ts'
import { type Envelope, seal } from '../../../process/seal.ts'
import { Producer } from '../../../producers/producer.ts'
import { Codec } from '../../../schemas/codec.ts'
import { DeadState } from '../../../schemas/platform/generated.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'
import { memoryRegistry } from '../../../schemas/registry/memoryRegistry.ts'
import adder from '../../adder.ts'

export type Dying = {
  readonly group?: string
  readonly partition?: number
  readonly key?: string
  readonly value?: Buffer | null
  readonly headers?: Headers
  readonly code?: string
  readonly message?: string
  readonly stack?: string
  readonly atMs?: number
  readonly journey?: Partial<Journey>
}

export type MemoryDesk = Awaited<ReturnType<typeof memoryDesk>>

export async function memoryDesk(clock: Clock = systemClock) {
  const app = adder as App
  const keyring = parseKeyring(newSecret(), 'desk')
  const catalogue = catalogueOf(app, 'desk', platformSchemas)
  const registry = memoryRegistry()
  for (const { name, schema } of catalogue.subjects) await registry.register(name, schema)
  const log = memoryCluster({ clock }).open()
  await applyTopics(log.admin, catalogue, { allowSingleReplica: true })
  const producer = new Producer({ kafka: log, log: silentLog })
  const codec = new Codec({ registry })
  onTestFinished(async () => {
    await producer.close()
    await log.close()
  })
  const platform = { app, catalogue, log, producer, codec, registry, keyring, clock, logger: silentLog }
  const group = (name: string): FailingGroup =>
    catalogue.groups.find((each): each is FailingGroup => controlName(each) === name)!
  const encode = await codec.encoder(`${catalogue.requests('add')}-value`, adder.requests.add.input)
  let origins = 0
  return {
    platform,
    group,
    desk: letterDesk(platform),
    deskOn: (other: Partial<Omit<Platform, 'onFailed'>>) => letterDesk({ ...platform, ...other }),
    records: async (topic: string): Promise<readonly LogRecord[]> => recordsOf(log, topic),
    /** A sealed request to add two numbers. */
    request: (
      sealed: Partial<Envelope> = {},
      data: object = {},
    ): Pick<Required<Dying>, 'key' | 'value' | 'headers'> => {
      const id = newRequestId(keyring, { type: 'add', client: 'c', timeMs: clock.now() })
      const value = encode({ a: 1, b: 2, takesMs: 0, mood: '', ...data })
      const envelope = { client: 'c', ...sealed }
      const seals = seal(keyring, { kind: 'request', id, run: 1, type: 'add', value }, envelope)
      const headers = writeHeaders({ id, type: 'add', source: '/t', timeMs: clock.now(), run: 1, seal: seals })
      return { key: id, value, headers }
    },
    /** Writes a letter; twice where the group crashed before its commit. */
    die: async (dying: Dying = {}, times = 1): Promise<void> => {
      const { partition = 0, key = 'k', value = Buffer.from('x'), headers = new Map(), journey = {} } = dying
      const { id, sources, failures } = group(dying.group ?? 'workers.add')
      const record = { topic: sources[0]!, partition, offset: BigInt(origins++), timestampMs: 0, headers }
      const { code = 'permanent', message = 'it broke', stack, atMs = clock.now() } = dying
      const death = { code, message, ...(stack && { stack }), atMs, group: id, worker: 'host/1' }
      const way = { ...newJourney({ ...record, key: null, value: null }), attempts: 1, ...journey }
      const letter = { key: Buffer.from(key), value, headers: letterHeaders(record, way, death) }
      for (let time = 0; time < times; time += 1)
        await producer.send(failures.dead, letter, { kind: 'partition', partition })
    },
  }
}

export async function recordsOf(log: Log, topic: string): Promise<readonly LogRecord[]> {
  const all: LogRecord[] = []
  for await (const record of log.read(topic, { from: 'earliest' })) all.push(record)
  return all
}

export async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const every: T[] = []
  for await (const item of items) every.push(item)
  return every
}

/** Who redrives in tests, to the end. */
export const somebody = { by: 'somebody', signal: new AbortController().signal }

/** What has been sent again. */
export const retried = async (errand: MemoryDesk, group = 'workers.add') =>
  errand.records(errand.group(group).failures.retry)

/** What is known of letters, by their ids. */
export const states = async ({ records, group, platform }: MemoryDesk, name = 'workers.add') =>
  Promise.all(
    (await records(group(name).failures.state)).map(async ({ key, value }) => ({
      id: String(key),
      ...(await platform.codec.decode(value, DeadState)),
    })),
  )

/** The first letters of a group in a state. */
export const listed = async ({ desk }: MemoryDesk, group: string, state: LetterState = 'open') =>
  (await desk.list(group, {}, { limit: 9, state }))[0]!.letters
