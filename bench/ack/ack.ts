// `npm run bench ack`: how many requests a second are acknowledged, and how fast. 64 connections, bodies of 300 bytes; our API
// as it is run in production against Express with one `producer.send` per request, and against Express that stores nothing.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Development, prepareDevelopment } from '../../bin/development.ts'
import { freePort } from '../../bin/launcher/port.ts'
import { developmentClient } from '../../process/clients.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import type { Answered } from '../load.ts'
import {
  type Bench,
  type BenchOptions,
  type Case,
  type Figure,
  isTrial,
  median,
  ratio,
  rounds,
  type Samples,
} from '../rounds.ts'
import { load, type Served, serve } from './servers.ts'

type Sample = Answered & { readonly cpuMicros: number }

const connections = 64
/** The first time, which does not count, takes so much longer: V8 goes on compiling for some 50,000 requests. */
const warmUpTimes = 4
/** While its peers are measured a server idles, and gives back memory and code that it then needs again. */
const rampSeconds = 1
const here = import.meta.dirname
const errand = join(here, '..', '..', 'bin', 'entry.js')
const peer = join(here, 'peer.ts')

export const ack: Bench = async (options) => {
  const { folder, cluster, repetitions, seconds, onProgress } = options
  await using opened = new AsyncDisposableStack()
  const express = opened.use(await peerServer(['express'], folder))
  const cases: Case<Sample>[] = [{ name: 'express, no store', measure: (seconds) => measure(express, { seconds }) }]
  const stored: (() => Promise<void>)[] = []
  for (const partitions of [12, 100]) {
    const ours = await ourApi(options, partitions, opened)
    const topic = `${ours.development.system.catalogue.namespace}.naive`
    const { admin } = ours.development.system.kafka
    await admin.create([{ name: topic, partitions, replicas: 1, config: {} }])
    const naive = opened.use(await peerServer(['naive', cluster.brokers[0]!, topic], folder))
    let accepted = 0
    const counted = async (sample: Promise<Sample>): Promise<Sample> => {
      accepted += (await sample).statuses[202] ?? 0
      return sample
    }
    for (const keyed of [false, true]) {
      const name = `${keyed ? 'keyed' : 'unkeyed'}, ${partitions} partitions`
      const { api, apiKey } = ours
      cases.push(
        { name: `errand, ${name}`, measure: (seconds) => counted(measure(api, { seconds, keyed, apiKey })) },
        { name: `naive, ${name}`, measure: (seconds) => measure(naive, { seconds, keyed }) },
      )
    }
    stored.push(async () => {
      const written = (await admin.offsets(ours.topic)).reduce((sum, { high }) => sum + Number(high), 0)
      if (written !== accepted)
        throw new Error(`${accepted - written} of ${accepted} answers with 202 are not in the log`)
      onProgress(`${partitions} partitions: every 202 is in the log (${accepted})`)
    })
  }
  if (!isTrial(repetitions)) {
    onProgress('Warming up')
    for (const { measure: warm } of cases) await warm(warmUpTimes * seconds)
  }
  const samples = await rounds(cases, { repetitions, seconds, onProgress })
  for (const check of stored) await check()
  report(samples)
  return figuresOf(samples)
}

function figuresOf(samples: Samples<Sample>): Readonly<Record<string, Figure>> {
  const rate = ({ perSecond }: Sample): number => perSecond
  const against = (peerName: string, name: string): readonly [string, string] => [`errand, ${name}`, peerName]
  const naive = (name: string): readonly [string, string] => against(`naive, ${name}`, name)
  return {
    ackVsNaive: ratio(samples, naive('unkeyed, 12 partitions'), rate),
    ackKeyedVsNaive: ratio(samples, naive('keyed, 12 partitions'), rate),
    ack100VsNaive: ratio(samples, naive('unkeyed, 100 partitions'), rate),
    ack100KeyedVsNaive: ratio(samples, naive('keyed, 100 partitions'), rate),
    ackVsExpress: ratio(samples, against('express, no store', 'unkeyed, 12 partitions'), rate),
    ackP99VsNaive: ratio(samples, naive('unkeyed, 12 partitions'), ({ p99Ms }) => p99Ms),
  }
}

function report(samples: Samples<Sample>): void {
  const middle = (all: readonly Sample[], of: (sample: Sample) => number): number => median(all.map(of))
  const row = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(32) : cell.padStart(10))).join('')
  console.log(`\n${row(['', '202/s', 'p50 ms', 'p99 ms', 'CPU µs'])}`)
  for (const [name, all] of samples)
    console.log(
      row([
        name,
        middle(all, ({ perSecond }) => perSecond).toFixed(0),
        middle(all, ({ p50Ms }) => p50Ms).toFixed(2),
        middle(all, ({ p99Ms }) => p99Ms).toFixed(2),
        middle(all, ({ cpuMicros }) => cpuMicros).toFixed(0),
      ]),
    )
}

type OurApi = {
  readonly development: Development
  readonly api: Served
  readonly apiKey: string
  readonly topic: string
}

async function ourApi(
  { cluster, folder }: BenchOptions,
  partitions: number,
  opened: AsyncDisposableStack,
): Promise<OurApi> {
  const [secret, namespace] = [newSecret(), `bench-${randomBytes(4).toString('hex')}`]
  const app = join(here, `app${partitions}.ts`)
  const development = opened.use(
    await prepareDevelopment({
      app,
      cluster,
      folder: join(folder, namespace),
      secret,
      namespace,
      callbackOrigins: ['http://127.0.0.1:4000'],
      onProgress: () => undefined,
    }),
  )
  const port = await freePort()
  const env = { ...development.env, ERRAND_HTTP_PORT: String(port) }
  const api = opened.use(await serve({ args: [errand, 'start', 'api', '--app', app], port, env, folder }))
  const { apiKey } = developmentClient(parseKeyring(secret, namespace))
  const topic = development.system.catalogue.requests('book')
  return { development, api, apiKey, topic }
}

async function peerServer([kind, ...rest]: readonly string[], folder: string): Promise<Served> {
  const port = await freePort()
  return serve({ args: [peer, kind!, String(port), ...rest], port, folder })
}

type Measured = { readonly seconds: number; readonly keyed?: boolean; readonly apiKey?: string }

async function measure(server: Served, { seconds, keyed = false, apiKey }: Measured): Promise<Sample> {
  const cpuBeforeMs = await server.cpuMs()
  const answered = await load({
    url: apiKey === undefined ? server.url : `${server.url}/v1/requests/book`,
    connections,
    rampSeconds,
    seconds,
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    bodies: Array.from({ length: 1_000 }, (_, index) => body(index, keyed)),
  })
  const wrong = Object.entries(answered.statuses).filter(([status]) => status !== '202')
  if (wrong.length > 0) throw new Error(`not all answers are 202: ${JSON.stringify(answered.statuses)}`)
  const cpuMicros = (((await server.cpuMs()) - cpuBeforeMs) * 1_000) / (answered.statuses[202] ?? 1)
  return { ...answered, cpuMicros }
}

/** 300 bytes. */
function body(index: number, keyed: boolean): string {
  const data = {
    customer: `customer-${index}`,
    from: 'SFO',
    to: 'JFK',
    date: '2026-11-23T09:30:00Z',
    cabin: 'economy',
    note: '',
    seats: 2,
    priceCents: 45_900 + index,
    flexible: index % 2 === 0,
    extras: ['bag', 'meal'],
  }
  const rest = {
    reference: `order-${index}`,
    callback: { url: 'http://127.0.0.1:4000/callbacks' },
    ...(keyed && { orderingKey: `key-${index}` }),
  }
  const bare = JSON.stringify({ data, ...rest })
  return JSON.stringify({ data: { ...data, note: 'x'.repeat(Math.max(0, 300 - bare.length)) }, ...rest })
}
