// `npm run bench codec`: what a value costs to bytes and back, against avsc alone and against the client of registries that
// others use; and how long the gate takes over many schemas (gate.ts). Everything in this process, one value after the other.
import { deepStrictEqual } from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import registryClient from '@kafkajs/confluent-schema-registry'
import avsc from 'avsc'
import { Codec } from '../../schemas/codec.ts'
import { frameBytes } from '../../schemas/frame.ts'
import { memoryRegistry } from '../../schemas/registry/memoryRegistry.ts'
import { type Figure, type LocalBench, median, ratio, rounds, type Samples } from '../rounds.ts'
import { booking, bookings, olderBooking } from './booking.ts'
import { gateFigures } from './gate.ts'

/** Values a second of CPU time, by what was done. */
type Sample = ReadonlyMap<string, number>
/** Does it to the value of that index. */
type Act = (index: number) => unknown

const turnMs = 10

export const codec: LocalBench = async (options) => {
  await using opened = new AsyncDisposableStack()
  const acts = await makeActs(opened)
  options.onProgress('Warming up')
  await measure(acts, 1)
  const all = 'all, by turns'
  const measured = await rounds([{ name: all, measure: (seconds) => measure(acts, seconds) }], options)
  const samples = new Map(Object.keys(acts).map((name) => [name, measured.get(all)!.map((each) => each.get(name)!)]))
  report(samples)
  return { ...figuresOf(samples), ...(await gateFigures(options)) }
}

/** All that are compared read and write the same: that is looked at first. */
async function makeActs(opened: AsyncDisposableStack) {
  const registry = memoryRegistry()
  for (const { schema } of [olderBooking, booking]) await registry.register('bookings', schema)
  const ours = new Codec({ registry })
  const [encode, encodeOlder] = [await ours.encoder('bookings', booking), await ours.encoder('bookings', olderBooking)]
  const [framed, olderFramed] = [bookings.map(encode), bookings.map(encodeOlder)]
  const [type, olderType] = [booking, olderBooking].map(({ schema }) => avsc.Type.forSchema(schema as never)) as [
    avsc.Type,
    avsc.Type,
  ]
  const resolver = type.createResolver(olderType)
  const [bodies, olderBodies] = [framed, olderFramed].map((all) => all.map((each) => each.subarray(frameBytes)))
  const reused = Buffer.allocUnsafe(65_536)
  const client = await newClient(JSON.stringify(olderBooking.schema), opened)
  const readerSchema = booking.schema as never
  const acts = {
    'encode: errand': (index) => encode(bookings[index]!),
    'encode: avsc': (index) => {
      reused[0] = 0
      reused.writeUInt32BE(2, 1)
      return reused.subarray(0, type.encode(bookings[index], reused, frameBytes))
    },
    'decode: errand': (index) => ours.decode(framed[index]!, booking),
    'decode: avsc': (index) => type.fromBuffer(bodies![index]!),
    'decode older: errand': (index) => ours.decode(olderFramed[index]!, booking),
    'decode older: avsc': (index) => type.fromBuffer(olderBodies![index]!, resolver),
    'decode older: client': (index) => client.decode(olderFramed[index]!, { AVRO: { readerSchema } }),
  } as const satisfies Readonly<Record<string, Act>>
  for (const index of bookings.keys()) {
    const same = async (one: keyof typeof acts, other: keyof typeof acts): Promise<void> =>
      deepStrictEqual({ ...((await acts[one](index)) as object) }, { ...((await acts[other](index)) as object) })
    await same('encode: errand', 'encode: avsc')
    await same('decode: errand', 'decode: avsc')
    await same('decode older: errand', 'decode older: avsc')
    await same('decode older: errand', 'decode older: client')
  }
  return acts
}

/** With a registry over HTTP that it asks once. */
async function newClient(schema: string, opened: AsyncDisposableStack) {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/vnd.schemaregistry.v1+json').end(JSON.stringify({ schema }))
  })
  opened.defer(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return new registryClient.SchemaRegistry({ host })
}

/** All of them by turns of a few milliseconds, so long each, in CPU time: what others use of the machine counts for none. */
async function measure(acts: Readonly<Record<string, Act>>, seconds: number): Promise<Sample> {
  const totals = new Map(Object.keys(acts).map((name) => [name, { values: 0, cpuMicros: 0 }]))
  const turns = Object.entries(acts)
  for (let turn = 0; turn < (seconds * 1_000) / turnMs; turn++)
    for (const [name, act] of turn % 2 === 0 ? turns : turns.toReversed()) {
      const total = totals.get(name)!
      const [endMs, before] = [performance.now() + turnMs, process.cpuUsage()]
      do {
        for (let index = 0; index < bookings.length; index++) {
          const result = act(index)
          if (result instanceof Promise) await result
        }
        total.values += bookings.length
      } while (performance.now() < endMs)
      const { user, system } = process.cpuUsage(before)
      total.cpuMicros += user + system
    }
  return new Map([...totals].map(([name, { values, cpuMicros }]) => [name, (values / cpuMicros) * 1e6]))
}

function figuresOf(samples: Samples<number>): Readonly<Record<string, Figure>> {
  const against = (what: string, peer: string): Figure =>
    ratio(samples, [`${what}: errand`, `${what}: ${peer}`], (rate) => rate)
  return {
    encodeVsAvsc: against('encode', 'avsc'),
    decodeVsAvsc: against('decode', 'avsc'),
    decodeOlderVsAvsc: against('decode older', 'avsc'),
    decodeVsRegistryClient: against('decode older', 'client'),
  }
}

function report(samples: Samples<number>): void {
  const row = (name: string, ...cells: readonly string[]): string =>
    name.padEnd(32) + cells.map((cell) => cell.padStart(12)).join('')
  console.log(`\n${row('', 'values/s', 'ns')}`)
  for (const [name, all] of samples) {
    const rate = median(all)
    console.log(row(name, rate.toFixed(0), (1e9 / rate).toFixed(0)))
  }
}
