// Each check of `errand doctor` that looks at this host or at what lies in the topics, broken in just that way.
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { requestRecord } from '../../../api/requestRecord.ts'
import type { Examined } from '../../../bin/doctor/check.ts'
import { api } from '../../../bin/doctor/roles.ts'
import { seals, secret } from '../../../bin/doctor/secret.ts'
import { store } from '../../../bin/doctor/store.ts'
import { applyTopics } from '../../../bin/topics.ts'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'
import { newRequestId } from '../../../process/requestId.ts'
import { openSqliteStore } from '../../../store/sqlite/store.ts'
import { examined, folder, foundBy } from './examining.ts'

test('store: one that is there or not yet is fine', async () => {
  const given = await examined()
  expect(await foundBy(store, given)).toMatch(/^fine: .*store\.sqlite is not there yet.* MB free/)
  const opened = await openSqliteStore({ file: given.config.storeFile })
  expect(await foundBy(store, given)).toMatch(/^fine: .*store\.sqlite, \d+ MB; \d+ MB free/)
  await opened.close()
  expect(await foundBy(store, given)).toMatch(/^fine: .*store\.sqlite, \d+ MB; \d+ MB free/)
})

test('store: a damaged file, another program’s, one of a newer version and a folder are found', async () => {
  const home = await folder()
  const at = (name: string) => examined({ ERRAND_STORE_FILE: join(home, name) })
  await writeFile(join(home, 'damaged'), 'this is no database at all, and long enough to be seen as none'.repeat(100))
  expect(await foundBy(store, await at('damaged'))).toMatch(/file is not a database\): move it away/)
  const other = new DatabaseSync(join(home, 'foreign'))
  other.exec('CREATE TABLE theirs (x)')
  other.close()
  expect(await foundBy(store, await at('foreign'))).toMatch(/another program's database/)
  await (await openSqliteStore({ file: join(home, 'newer') })).close()
  const ours = new DatabaseSync(join(home, 'newer'))
  ours.exec('PRAGMA user_version = 99')
  ours.close()
  expect(await foundBy(store, await at('newer'))).toMatch(/schema version 99/)
  await mkdir(join(home, 'folder'))
  expect(await foundBy(store, await at('folder'))).toMatch(/the store .*folder cannot be used/)
})

test('secret: one that is no secret or does not look random is found, and not repeated', async () => {
  expect(await foundBy(secret, await examined())).toBe('fine: it looks random')
  const weak = `1:${Buffer.from('password'.repeat(4)).toString('base64url')}`
  expect(await foundBy(secret, await examined({ ERRAND_SECRET: `${newSecret(2)},${weak}` }))).toMatch(
    /ERRAND_SECRET 1 does not look random[\s\S]*→ node -p/,
  )
  const malformed = await foundBy(secret, await examined({ ERRAND_SECRET: 'password' }))
  expect(malformed).toMatch(/entry 1 of ERRAND_SECRET is not/)
  expect(malformed).not.toContain('password')
  expect(await foundBy(seals, await examined({ ERRAND_SECRET: 'password' }))).toBe(
    'unasked: ERRAND_SECRET is no secret',
  )
})

/** A request as the API would have written it. */
async function submit({ config, catalogue, kafka, clock }: Examined, timeMs = clock.now()): Promise<void> {
  const keyring = parseKeyring(config.secret, catalogue.namespace)
  const type = { name: 'add', encode: () => Buffer.from('x') }
  const id = newRequestId(keyring, { type: 'add', client: 'c', timeMs })
  const submission = { value: {}, envelope: {} }
  const accepted = { id, type, client: 'c', timeMs, submission, traceparent: undefined } as never
  const writer = await kafka.writer()
  await writer.append({ topic: catalogue.requests('add'), partition: 0 }, [
    requestRecord({ keyring, source: catalogue.source }, accepted),
  ])
  await writer.close()
}

test('seals: records sealed under another secret are found; a replaced secret that is kept behind the new one is fine', async () => {
  const given = await examined()
  const { config, catalogue } = given
  await applyTopics(given.kafka.admin, catalogue, { allowSingleReplica: true })
  expect(await foundBy(seals, given)).toBe('fine: no sealed record to try the secret on yet')
  await submit(given)
  expect(await foundBy(seals, given)).toMatch(/^fine: this secret opens the newest records/)
  const again = (ERRAND_SECRET: string) => examined({ ERRAND_SECRET, ERRAND_NAMESPACE: catalogue.namespace })
  expect(await foundBy(seals, await again(newSecret()))).toMatch(
    new RegExp(
      `1 of the 1 newest records of ${catalogue.requests('add')} were sealed under another ERRAND_SECRET[\\s\\S]*→ give every process`,
    ),
  )
  expect(await foundBy(seals, await again(`${newSecret(2)},${config.secret}`))).toMatch(/^fine: /)
})

test('api: nobody who listens, and one that is not ready, are found with which part is not', async () => {
  expect(await foundBy(api, await examined())).toMatch(
    /nobody answers at http:\/\/127\.0\.0\.1:1\/readyz[\s\S]*→ errand start api/,
  )
  const server = createServer((_request, response) => {
    response.writeHead(503).end(JSON.stringify({ checks: { kafka: 'failing', 'x.status': 'ok' } }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  expect(await foundBy(api, await examined({ ERRAND_HTTP_PORT: String(port) }))).toMatch(
    /not ready: kafka is failing\n→/,
  )
})
