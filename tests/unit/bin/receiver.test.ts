import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { callbackJson, callbackLine } from '../../../bin/callbackLine.ts'
import { type ReceivedCallback, type Receiver, startReceiver } from '../../../bin/receiver.ts'
import { callbackHeaders, renderBody } from '../../../consumers/callbacks/body.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const content = { id: 'req_0123', run: 1, type: 'punctuality', outcome: 'succeeded', finishedAtMs: 0 } as const
const body = renderBody({ ...content, json: '{"flights":12}' })

let receiver: Receiver | undefined
let received: ReceivedCallback[]
afterEach(async () => receiver?.close())

async function start(failures = 0): Promise<string> {
  received = []
  receiver = await startReceiver({ port: 0, secret, failures, onCallback: (callback) => received.push(callback) })
  return receiver.url
}

const headersOf = (bytes: Buffer, { id = content.id as string, attempt = 1, by = secret } = {}) =>
  callbackHeaders({ id, run: 1, attempt, attempts: 5, secrets: [by], body: bytes, nowMs: Date.now() })
const send = async (
  url: string,
  bytes: Buffer<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = headersOf(bytes),
) => (await fetch(url, { method: 'POST', body: bytes, headers })).status

describe('the receiver', () => {
  test('takes a callback that is genuine, on any path, and hands it over byte for byte', async () => {
    const url = await start()
    expect(await send(`${url}/hooks?a=b`, Buffer.from(body))).toBe(204)
    expect(received).toMatchObject([
      { path: '/hooks?a=b', verification: { kind: 'verified', id: 'req_0123.1' }, statusCode: 204 },
    ])
    expect(received[0]!.body.equals(body)).toBe(true)
    expect(received[0]!.headers).toMatchObject({ 'webhook-id': 'req_0123.1', 'errand-attempt': '1' })
  })

  test('refuses what is not, and says why', async () => {
    const url = await start()
    const forged = headersOf(body, { by: `whsec_${Buffer.alloc(32, 8).toString('base64')}` })
    expect(await send(url, Buffer.from(body), forged)).toBe(400)
    expect(await send(url, Buffer.from('hello'), {})).toBe(400)
    expect(received.map(({ verification }) => verification)).toEqual([
      { kind: 'refused', reason: 'signature-mismatch' },
      { kind: 'refused', reason: 'headers-missing' },
    ])
  })

  test('fails the first deliveries of each callback on request', async () => {
    const url = await start(2)
    const statuses = []
    for (const id of ['req_a', 'req_a', 'req_b', 'req_a', 'req_b', 'req_b', 'req_a'])
      statuses.push(await send(url, Buffer.from(body), headersOf(body, { id })))
    expect(statuses).toEqual([500, 500, 500, 204, 500, 204, 204])
  })

  test('refuses other methods and bodies that are too large, and goes on', async () => {
    const url = await start()
    expect((await fetch(url)).status).toBe(405)
    const huge = await send(url, Buffer.alloc(5 * 1_048_576)).catch((error: Error) => error.cause)
    expect(huge === 413 || huge instanceof Error).toBe(true) // the sender may see the closed connection before the answer
    expect(await send(url, Buffer.from(body))).toBe(204)
    expect(received).toHaveLength(1)
  })

  test('outlives a sender that goes away in the middle of a body', async () => {
    const url = await start()
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc', () => socket.resetAndDestroy())
    await once(socket, 'close')
    expect(await send(url, Buffer.from(body))).toBe(204)
    await vi.waitUntil(() => received.length === 1)
  })

  test('says which port is taken and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const taken = startReceiver({ port, secret, onCallback: () => undefined })
    await expect(taken).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringMatching(`port ${port} .* --port`),
    })
    other.close()
  })

  test('does not start with a secret that can verify nothing', async () => {
    const starting = startReceiver({ port: 0, secret: 'secret!', onCallback: () => undefined })
    await expect(starting).rejects.toMatchObject({ code: 'invalid-secret' })
  })
})

describe('a callback is shown', () => {
  const at = { atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6), path: '/', headers: headersOf(body), body } as const
  const verified = {
    ...at,
    verification: { kind: 'verified', id: 'req_0123.1', timestampS: 0 },
    statusCode: 204,
  } as const

  test('with time, id, type, verdict, attempt, answer and its result', () => {
    expect(callbackLine(verified)).toBe(
      '03:04:05.006  req_0123.1  punctuality.succeeded  verified  attempt 1 of 5  -> 204\n    {"flights":12}',
    )
  })

  test('with the reason where it is not genuine', () => {
    const line = callbackLine({
      ...at,
      verification: { kind: 'refused', reason: 'signature-mismatch' },
      statusCode: 400,
    })
    expect(line).toContain('NOT VERIFIED (signature-mismatch)')
  })

  test('with long texts and lists cut short', () => {
    const json = JSON.stringify({ svg: 'x'.repeat(5_000), worst: [1, 2, 3, 4, 5], nested: [{ text: 'y'.repeat(100) }] })
    const line = callbackLine({ ...verified, body: renderBody({ ...content, json }) })
    expect(line).toContain('(5000 characters)')
    expect(line).toContain('[1,2,3,"… (5 items)"]')
    expect(line).toContain('(100 characters)')
    expect(line.length).toBeLessThan(500)
  })

  test.each(['', 'not json', 'null', '7', '{"data":null}', '{"type":{},"data":3}'])(
    'whatever the sender wrote: %j',
    (text) => {
      const shown = { ...verified, headers: {}, body: Buffer.from(text) }
      expect(callbackLine(shown)).toContain('(no webhook-id)  (no type)')
      expect(JSON.parse(callbackJson(shown))).toMatchObject({ statusCode: 204 })
    },
  )

  test('without anything that steers the terminal', () => {
    const json = JSON.stringify('\u{1b}[2J\u{9b}2J\u{202e}')
    const line = callbackLine({
      ...verified,
      headers: { 'webhook-id': 'a\u{9b}2Jb' },
      body: renderBody({ ...content, json }),
    })
    expect(line.replace('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  test('as one line of JSON with the whole body', () => {
    const line = callbackJson(verified)
    expect(line).not.toContain('\n')
    expect(JSON.parse(line)).toMatchObject({
      time: '2026-01-02T03:04:05.006Z',
      verification: { kind: 'verified' },
      statusCode: 204,
      headers: { 'webhook-id': 'req_0123.1' },
      body: JSON.parse(body.toString()),
    })
  })
})
