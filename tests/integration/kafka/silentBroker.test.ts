// A broker that is connected and says nothing: kafkajs keeps such connections. What passes between the producer and the real
// broker goes through here, and is held back when a test says so.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { openCluster } from '../../../kafka/kafkajs/cluster.ts'
import { IdempotentProducer } from '../../../kafka/kafkajs/idempotentProducer.ts'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'
import { freshGroup, records } from '../../contracts/log.ts'

const { brokers } = inject('system')
const [host, port] = brokers[0]!.split(':')

/** Passes on to the broker; what comes while it `holds` waits, and what is `dead` passes nothing any more. */
class Way {
  readonly #pairs = new Set<{ readonly sockets: readonly [Socket, Socket]; isDead: boolean; held: (() => void)[] }>()
  readonly #server: Server = createServer((near) => this.#pass(near)).listen(0, '127.0.0.1')
  #holds = false

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  hold(): void {
    this.#holds = true
  }

  release(): void {
    this.#holds = false
    for (const { held } of this.#pairs) for (const pass of held.splice(0)) pass()
  }

  cut(): void {
    for (const { sockets } of this.#pairs) for (const socket of sockets) socket.destroy()
    this.#pairs.clear()
  }

  deaden(): void {
    for (const pair of this.#pairs) pair.isDead = true
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #pass(near: Socket): void {
    const far = connect(Number(port), host)
    const pair = { sockets: [near, far] as const, isDead: false, held: [] as (() => void)[] }
    this.#pairs.add(pair)
    for (const [from, to] of [pair.sockets, pair.sockets.toReversed() as [Socket, Socket]]) {
      from
        .on('error', () => undefined)
        .on('data', (bytes) => {
          if (pair.isDead) return
          if (this.#holds) pair.held.push(() => to.write(bytes))
          else to.write(bytes)
        })
      from.on('close', () => pair.isDead || to.destroy())
    }
  }
}

describe('a producer whose broker falls silent', { timeout: 30_000 }, () => {
  const log = kafkajsLog({ clientId: 'silence', kafka: { brokers }, log: silentLog })
  afterAll(() => log.close())
  let way: Way
  let producer: IdempotentProducer
  let to: { topic: string; partition: number }
  beforeEach(async () => {
    way = new Way()
    to = { topic: freshGroup(), partition: 0 }
    await log.admin.create([{ name: to.topic, partitions: 1, replicas: 1, config: {} }])
    const kafka = new Kafka({
      brokers: [...brokers],
      requestTimeout: 1_000,
      connectionTimeout: 1_000,
      retry: { initialRetryTime: 20, maxRetryTime: 100, retries: 3 },
      logLevel: logLevel.NOTHING,
      socketFactory: ({ onConnect }) => connect(way.port, '127.0.0.1', onConnect),
    })
    const cluster = openCluster({ kafka, shut: () => undefined })
    producer = new IdempotentProducer({
      cluster,
      shut: () => undefined,
      check: async () => undefined,
      clock: systemClock,
      log: silentLog,
    })
    await producer.open()
    expect(await producer.append(to, records('a'))).toBe(0n)
  })
  afterEach(async () => {
    way.release()
    await producer.close()
    way.close()
  })

  it('takes a new connection where the old one has died without a word', async () => {
    way.deaden()
    expect(await producer.append(to, records('b'))).toBe(1n)
  })

  it('goes on after one that was silent just when it was connected to', async () => {
    way.hold()
    way.cut()
    const append = producer.append(to, records('b'))
    await systemClock.sleep(3_000) // longer than the first question on a connection is waited for
    way.release()
    expect(await append).toBe(1n)
  })
})
