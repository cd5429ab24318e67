import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { type ReceivedCallback, startReceiver } from '../../bin/receiver.ts'
import { developmentClient } from '../../process/clients.ts'
import { type RealSystem, realSystem } from './realSystem.ts'

const patient = { timeout: 90_000, interval: 100 }

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A receiver on this port that fails so many deliveries of each callback. */
async function receiverOn({ system }: RealSystem, port: number, failures = 0) {
  const received: ReceivedCallback[] = []
  const { callbackSecret: secret } = developmentClient(system.keyring)
  const receiver = await startReceiver({ port, secret, failures, onCallback: (callback) => received.push(callback) })
  onTestFinished(() => receiver.close())
  return { received, close: () => receiver.close() }
}

type Resource = { readonly callback: { readonly status: string; readonly attempts: number } }

test('a receiver that is down, while the API and the callbacks are killed and started again, gets its callback when it is back, as it was', async () => {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const errand = await realSystem(inject('system'), { env: { ERRAND_CALLBACK_ORIGINS: origin } })
  await errand.start('workers', 'status', 'delay')
  const victims = [await errand.start('api'), await errand.start('callbacks')]
  const failing = await receiverOn(errand, port, 100)
  const url = victims[0]!.url
  const { id } = (await (await errand.ask(url, { a: 1, b: 2 }, { callback: { url: `${origin}/` } })).json()) as {
    id: string
  }
  await vi.waitFor(() => expect(failing.received).toHaveLength(2), patient)
  await failing.close()
  await Promise.all(victims.map(({ program }) => program.stop('SIGKILL')))
  const api = await errand.start('api', 'callbacks')
  const { received } = await receiverOn(errand, port)
  await vi.waitFor(() => expect(received.length).toBeGreaterThan(0), patient)
  const [first] = failing.received
  expect(first!.headers).toMatchObject({ 'errand-attempt': '1', 'errand-attempts': '4' })
  await vi.waitFor(async () => {
    const { callback } = (await (await errand.get(api.url, `/v1/requests/${id}`)).json()) as Resource
    expect(callback.status).toBe('delivered')
    expect(received.map(({ headers }) => headers['errand-attempt'])).toContain(String(callback.attempts))
  }, patient)
  for (const { body, verification } of received) {
    expect(verification).toMatchObject({ kind: 'verified', id: `${id}.1` })
    expect(body).toEqual(first!.body)
  }
})
