import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Logger } from '../../../app/context.ts'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'
import { silentLog } from '../../../process/log.ts'
import { addClient, addDevelopmentClient, revokeClient, rotateClient } from '../../../store/clientChanges.ts'
import { clientDirectory, lookEveryMs } from '../../../store/clientDirectory.ts'
import { openSqliteStore } from '../../../store/sqlite/store.ts'
import type { Store } from '../../../store/store.ts'
import { manualClock } from '../../../testing/manualClock.ts'

/** A store that an operator changes, and the directory of a process that runs on it. */
async function running(logger: Logger = silentLog) {
  const folder = await mkdtemp(join(tmpdir(), 'errand-clients-'))
  const [store, seen] = [
    await openSqliteStore({ file: join(folder, 's') }),
    await openSqliteStore({ file: join(folder, 's') }),
  ]
  const clock = manualClock()
  const keyring = parseKeyring(newSecret(), 'flights')
  let reads = 0
  let isBroken = false
  const counting: Pick<Store, 'clients' | 'clientsRevision'> = {
    clients: () => {
      reads += 1
      return seen.clients()
    },
    clientsRevision: () => (isBroken ? Promise.reject(new Error('broken')) : seen.clientsRevision()),
  }
  const directory = await clientDirectory({ store: counting, keyring, clock, logger })
  onTestFinished(async () => {
    directory[Symbol.dispose]()
    await Promise.all([store.close(), seen.close()])
    await rm(folder, { recursive: true })
  })
  return {
    ...{ operator: { store, keyring, clock }, clock, directory },
    reads: () => reads,
    breaks: (broken: boolean) => {
      isBroken = broken
    },
  }
}

test('what an operator changes counts after one look, each look half a second after the one before', async () => {
  const { operator, clock, directory } = await running()
  const { credentials } = await addClient(operator, 'acme')
  expect([directory.active, directory.authenticate(credentials.apiKey)]).toEqual([0, undefined])
  await clock.advance(lookEveryMs)
  expect([directory.active, directory.authenticate(credentials.apiKey)]).toEqual([1, { name: 'acme' }])
  const rotated = await rotateClient(operator, 'acme', 10 * lookEveryMs)
  await clock.advance(lookEveryMs)
  for (const { apiKey } of [credentials, rotated.credentials]) expect(directory.authenticate(apiKey)).toBeDefined()
  await clock.advance(9 * lookEveryMs)
  expect(directory.authenticate(credentials.apiKey)).toBeUndefined()
  expect(directory.authenticate(rotated.credentials.apiKey)).toBeDefined()
  await revokeClient(operator, 'acme')
  await clock.advance(lookEveryMs)
  expect([directory.active, directory.authenticate(rotated.credentials.apiKey)]).toEqual([0, undefined])
})

test('asking reads nothing, and clients that have not changed are not read again', async () => {
  const { operator, clock, directory, reads } = await running()
  const { credentials } = await addClient(operator, 'acme')
  await clock.advance(lookEveryMs)
  const before = reads()
  for (let time = 0; time < 100; time += 1) {
    directory.authenticate(credentials.apiKey)
    directory.authenticate('errand_unknown')
    await directory.signing('acme')
    await clock.advance(lookEveryMs)
  }
  expect(reads()).toBe(before)
})

test('who is not known as active is looked up at once before a callback is given up', async () => {
  const { operator, directory } = await running()
  const first = await addClient(operator, 'acme')
  expect(await directory.signing('acme')).toEqual({ kind: 'active', secrets: [first.credentials.callbackSecret] })
  await revokeClient(operator, 'acme')
  expect(await directory.signing('other')).toEqual({ kind: 'unknown' })
  expect(await directory.signing('acme')).toEqual({ kind: 'revoked' })
  const again = await addClient(operator, 'acme')
  expect(await directory.signing('acme')).toEqual({ kind: 'active', secrets: [again.credentials.callbackSecret] })
})

test('while the store cannot be read those known before go on counting; it is told once, and looked at again', async () => {
  const told: string[] = []
  const { operator, clock, directory, breaks } = await running({
    ...silentLog,
    error: (event) => void told.push(event),
  })
  const { credentials } = await addClient(operator, 'acme')
  await clock.advance(lookEveryMs)
  breaks(true)
  await revokeClient(operator, 'acme')
  await clock.advance(5 * lookEveryMs)
  expect([directory.authenticate(credentials.apiKey), told]).toEqual([{ name: 'acme' }, ['clients.notRead']])
  breaks(false)
  await clock.advance(lookEveryMs)
  expect(directory.authenticate(credentials.apiKey)).toBeUndefined()
})

test('changes made at once are all made', async () => {
  const { operator, clock, directory } = await running()
  const names = Array.from({ length: 20 }, (_, index) => `client-${index}`)
  await Promise.all(names.map((name) => addClient(operator, name)))
  await clock.advance(lookEveryMs)
  expect(directory.active).toBe(20)
})

test('the development client may ask and be called back after it has been added, whatever became of it before, and never of itself', async () => {
  const { operator, clock, directory } = await running()
  const { apiKey } = await addDevelopmentClient(operator)
  const changes = [
    () => Promise.resolve(),
    () => rotateClient(operator, 'development', 0),
    () => revokeClient(operator, 'development'),
    async () => {
      const { entries, revision } = await operator.store.clients()
      const entry = entries.find(({ name }) => name === 'development')!
      const unreadable = { ...entry, current: { ...entry.current, encryptedSecret: 'AQEA' } }
      expect(await operator.store.saveClient(unreadable, revision)).toBe(true)
    },
  ]
  for (const change of changes) {
    await change()
    await addDevelopmentClient(operator)
    await clock.advance(lookEveryMs)
    expect(directory.authenticate(apiKey)).toEqual({ name: 'development', operate: true })
    expect(await directory.signing('development')).toMatchObject({ kind: 'active' })
  }
  await revokeClient(operator, 'development')
  await clock.advance(lookEveryMs)
  expect(directory.authenticate(apiKey)).toBeUndefined()
})
