// What stands where a registry should, and is none. The real one is asked in tests/integration/secured.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { diagnoseRegistry } from '../../../schemas/registry/registryCheck.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function look(answers: RequestListener) {
  const server = createServer(answers).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return diagnoseRegistry({ url: `http://127.0.0.1:${port}/` }, { limitMs: 300 })
}

test('who does not answer is away, and is not waited for', async () => {
  const silence = { kind: 'away', problem: expect.stringContaining('no answer within 300 ms') }
  expect(await look(() => undefined)).toMatchObject(silence)
})

test('an answer without an end is taken for what it is so far', async () => {
  const finding = await look((_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'.repeat(5_000)), 1)
    response.on('close', () => clearInterval(timer))
  })
  expect(finding).toMatchObject({ kind: 'misconfigured', problem: expect.stringContaining('is none') })
})

test('one path is asked for, and credentials in the URL are used and not shown', async () => {
  const asked: unknown[] = []
  const server = createServer(({ url, headers }, response) => {
    asked.push([url, headers.authorization])
    response.writeHead(401).end()
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const finding = await diagnoseRegistry({ url: `http://u:pass-word@127.0.0.1:${port}/a` })
  expect(asked).toEqual([['/a/schemas/types', `Basic ${Buffer.from('u:pass-word').toString('base64')}`]])
  expect(JSON.stringify(finding)).not.toContain('pass-word')
})
