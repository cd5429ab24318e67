// Clients from their first day to their last, with real processes: nobody, added, rotated, revoked.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { type ReceivedCallback, startReceiver } from '../../bin/receiver.ts'
import { newCredentials } from '../../process/credentials.ts'
import { newSecret } from '../../process/keyring.ts'
import { type Command, command } from './commands.ts'

type Grant = { readonly apiKey: string; readonly callbackSecret: string }
type Env = Readonly<Record<string, string>>

const app = ['--app', 'tests/adder.ts']

/** Topics and schemas on the tests' cluster, and a store that does not exist yet. */
async function environment(): Promise<{
  readonly env: Env
  readonly callbacks: readonly ReceivedCallback[]
  readonly url: string
}> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-clients-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const callbacks: ReceivedCallback[] = []
  // whatever this receiver thinks of a signature: the test verifies each callback itself
  const { callbackSecret: secret } = newCredentials()
  const receiver = await startReceiver({ port: 0, secret, onCallback: (callback) => callbacks.push(callback) })
  onTestFinished(() => receiver.close())
  const env = {
    KAFKA_BROKERS: inject('system').brokers.join(','),
    SCHEMA_REGISTRY_URL: inject('system').registryUrl,
    ERRAND_SECRET: newSecret(),
    ERRAND_NAMESPACE: `clients-${randomBytes(4).toString('hex')}`,
    ERRAND_STORE_FILE: join(folder, 'store.sqlite'),
    ERRAND_CALLBACK_ORIGINS: receiver.url,
    ERRAND_HTTP_PORT: '0',
    ERRAND_DRAIN_MS: '3000',
  }
  await done(env, 'topics', 'apply', '--allow-single-replica', ...app)
  await done(env, 'schemas', 'register', ...app)
  return { env, callbacks, url: `${receiver.url}/here` }
}

/** Runs a verb to its end, which must be a good one; resolves with what it has printed. */
async function done(env: Env, ...args: readonly string[]): Promise<string> {
  const ran = command('errand', args, env)
  expect(await ran.ended, ran.output()).toBe(0)
  return ran.output()
}

const granted = async (env: Env, ...args: readonly string[]): Promise<Grant> =>
  JSON.parse((await done(env, 'clients', ...args, '--json')).split('\n').at(-2)!)

async function started(env: Env): Promise<{ readonly program: Command; readonly url: string }> {
  const program = command('errand', ['start', ...app], env)
  const shown = await program.shows(/"event":"process.started"/)
  return { program, url: /"url":"([^"]+)"/.exec(shown)![1]!.replace('0.0.0.0', '127.0.0.1') }
}

async function stopped({ program }: { readonly program: Command }): Promise<void> {
  program.child.kill('SIGTERM')
  expect(await program.ended, program.output()).toBe(0)
}

const ask = (url: string, callbackUrl: string, apiKey?: string): Promise<Response> =>
  fetch(`${url}/v1/requests/add`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
    body: JSON.stringify({ data: { a: 1, b: 2 }, callback: { url: callbackUrl } }),
  })

const within = { timeout: 2_000, interval: 50 }

test('a client is added, asks, is called back, goes over to a new key and secret, and is revoked, without a restart', async () => {
  const { env, callbacks, url: callbackUrl } = await environment()
  const system = await started(env)
  const post = (apiKey?: string): Promise<Response> => ask(system.url, callbackUrl, apiKey)
  const nobody = await post()
  expect([nobody.status, await nobody.json()]).toEqual([
    401,
    expect.objectContaining({ detail: expect.stringContaining('errand clients add') }),
  ])

  const acme = await granted(env, 'add', 'acme')
  await vi.waitFor(async () => expect((await post(acme.apiKey)).status).toBe(202), within)
  await vi.waitFor(() => expect(callbacks.length).toBeGreaterThan(0), 30_000)
  const verified = (secret: string, { headers, body }: ReceivedCallback) =>
    new Webhook(secret).verify(body, { ...headers }) as { readonly data: { readonly id: string } }
  expect(verified(acme.callbackSecret, callbacks[0]!)).toMatchObject({
    type: 'add.succeeded',
    data: { status: 'succeeded' },
  })

  const newer = await granted(env, 'rotate', 'acme', '--overlap', '1h')
  await vi.waitFor(async () => expect((await post(newer.apiKey)).status).toBe(202), within)
  const { id } = (await (await post(acme.apiKey)).json()) as { readonly id: string }
  const own = (): ReceivedCallback => callbacks.find(({ headers }) => headers['webhook-id'] === `${id}.1`)!
  await vi.waitFor(() => expect(own()).toBeDefined(), 30_000)
  for (const secret of [acme.callbackSecret, newer.callbackSecret])
    expect(verified(secret, own())).toMatchObject({ data: { id } })

  const list = await done(env, 'clients', 'list')
  expect(list).toContain(newer.apiKey.slice(0, 15))
  for (const { apiKey, callbackSecret } of [acme, newer])
    for (const hidden of [apiKey, apiKey.slice(16), callbackSecret]) {
      expect(list).not.toContain(hidden)
      expect(system.program.output()).not.toContain(hidden)
    }

  await done(env, 'clients', 'revoke', 'acme')
  await vi.waitFor(async () => {
    for (const { apiKey } of [acme, newer]) expect((await post(apiKey)).status).toBe(401)
  }, within)
  await stopped(system)
})

test('an address that others can reach is not listened on before there is a key, and is with one', async () => {
  const { env, url: callbackUrl } = await environment()
  const open = { ...env, ERRAND_HTTP_HOST: '0.0.0.0' }
  const refused = async (): Promise<void> => {
    const early = command('errand', ['start', 'api', ...app], open)
    expect([await early.ended, early.output()]).toEqual([
      2,
      expect.stringMatching(/ERRAND_HTTP_HOST is 0\.0\.0\.0.*errand clients add/),
    ])
  }
  await refused()
  const acme = await granted(env, 'add', 'acme')
  const system = await started(open)
  expect((await ask(system.url, callbackUrl, acme.apiKey)).status).toBe(202)
  await stopped(system)
  await done(env, 'clients', 'revoke', 'acme')
  await refused()
})
