import { randomUUID } from 'node:crypto'
import { access, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../process/clock.ts'
import { openSqliteStore } from '../../../store/sqlite/store.ts'
import type { Store } from '../../../store/store.ts'
import { storeContract } from '../../contracts/store.ts'
import { entry } from '../../contracts/storeClients.ts'
import { asked } from '../../contracts/storeModel.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'errand-store-'))
})
afterAll(() => rm(folder, { recursive: true }))
const freshFile = (): string => join(folder, randomUUID(), 'deep', 'store.db')

storeContract('SQLite', async () => {
  const file = freshFile()
  return { open: () => openSqliteStore({ file }), [Symbol.asyncDispose]: () => Promise.resolve() }
})

/** Opens, does and closes. */
const withStore = async <T>(file: string, action: (store: Store) => Promise<T>): Promise<T> => {
  const store = await openSqliteStore({ file })
  try {
    return await action(store)
  } finally {
    await store.close()
  }
}

describe('a store file', () => {
  test('keeps everything through closing and opening, and is one file again when all have closed', async () => {
    const file = freshFile()
    const identity = await withStore(file, async (store) => {
      await store.project([{ id: 'a', run: 1, kind: 'asked', asked }], [])
      return store.identity
    })
    await withStore(file, async (store) => {
      expect(store.identity).toBe(identity)
      expect(await store.request('a')).toMatchObject({ asked })
    })
    await expect(access(`${file}-wal`)).rejects.toThrow('ENOENT')
  })

  test('is for this user alone, and so is what SQLite makes beside it', async () => {
    const file = freshFile()
    await withStore(file, async () => {
      for (const suffix of ['', '-wal', '-shm']) expect((await stat(file + suffix)).mode & 0o777).toBe(0o600)
    })
  })

  test('that the version before has made gets what it lacks, and that version goes on with it (I10)', async () => {
    const file = freshFile()
    await withStore(file, (store) => store.project([{ id: 'a', run: 1, kind: 'asked', asked }], []))
    const before = new DatabaseSync(file)
    before.exec('DROP TABLE clients')
    await withStore(file, async (store) => {
      expect(await store.clients()).toEqual({ revision: 0, entries: [] })
      expect(await store.saveClient(entry('acme'), 0)).toBe(true)
      expect(await store.request('a')).toMatchObject({ asked })
    })
    expect(before.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 })
    before.exec("INSERT INTO requests (id, run, created_at_ms) VALUES ('b', 1, 1)")
    before.close()
  })

  test('that is no database is refused with its name and the remedy', async () => {
    const file = join(folder, 'garbage.db')
    await writeFile(file, 'not a database, whatever it may be'.repeat(1_000))
    await expect(openSqliteStore({ file })).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringMatching(/garbage\.db.*move it away.*filled from the log/),
    })
  })

  test('whose pages are damaged is told as such by the call that meets them', async () => {
    const file = freshFile()
    await withStore(file, (store) => store.project([{ id: 'a', run: 1, kind: 'asked', asked }], []))
    const header = new DatabaseSync(file)
    const pageBytes = Number(header.prepare('PRAGMA page_size').get()?.page_size)
    const pages = Number(header.prepare('PRAGMA page_count').get()?.page_count)
    header.close()
    const handle = await open(file, 'r+')
    await handle.write(Buffer.alloc(pageBytes * (pages - 1), 0xa5), 0, undefined, pageBytes)
    await handle.close()
    const use = withStore(file, (store) => store.request('a'))
    await expect(use).rejects.toMatchObject({ code: 'store-corrupt' })
  })

  test('where none can be is refused with its name and the remedy', async () => {
    const inFile = join(folder, 'plain.txt')
    await writeFile(inFile, '')
    for (const file of [join(inFile, 'store.db'), folder])
      await expect(openSqliteStore({ file })).rejects.toMatchObject({
        code: 'store-unwritable',
        message: expect.stringContaining(file),
      })
  })

  test('of another program is refused and left as it is', async () => {
    const file = join(folder, 'flights.db')
    const flights = new DatabaseSync(file)
    flights.exec('CREATE TABLE flights (id TEXT)')
    await expect(openSqliteStore({ file })).rejects.toMatchObject({ code: 'store-foreign' })
    expect(flights.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' })
    expect(flights.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'flights' }])
    flights.close()
  })

  test('that a newer version has made is refused by name of both versions (I10)', async () => {
    const file = freshFile()
    await withStore(file, async () => undefined)
    const newer = new DatabaseSync(file)
    newer.exec('PRAGMA user_version = 2')
    newer.close()
    await expect(openSqliteStore({ file })).rejects.toMatchObject({
      code: 'store-newer',
      message: expect.stringMatching(/version 2.*knows 1.*run the newer/),
    })
  })

  test('to which a newer version has added columns and tables is used as before (I10)', async () => {
    const file = freshFile()
    await withStore(file, (store) => store.project([{ id: 'a', run: 1, kind: 'asked', asked }], []))
    const newer = new DatabaseSync(file)
    newer.exec("ALTER TABLE requests ADD COLUMN labels TEXT NOT NULL DEFAULT ''; CREATE TABLE schedules (id TEXT)")
    newer.close()
    await withStore(file, async (store) => {
      await store.project([{ id: 'b', run: 1, kind: 'started', startedAtMs: 1, attempt: 1 }], [])
      expect(await store.request('a')).toMatchObject({ asked })
    })
  })
})

describe('waiting', () => {
  /** Counts the timers that are set, and lets none fire. */
  const stillClock = () => {
    const timers = new Set<() => void>()
    const after: Clock['after'] = (_, action) => {
      timers.add(action)
      return { [Symbol.dispose]: () => void timers.delete(action) }
    }
    return { clock: { ...systemClock, after }, timers }
  }

  test('sets one timer for all, only while somebody waits', async () => {
    const { clock, timers } = stillClock()
    const store = await openSqliteStore({ file: freshFile(), clock })
    const controller = new AbortController()
    expect(timers.size).toBe(0)
    const waits = Array.from({ length: 1_000 }, (_, index) => store.changed(`${index}`, 0, controller.signal))
    await store.request('')
    expect(timers.size).toBe(1)
    controller.abort()
    await Promise.all(waits)
    expect(timers.size).toBe(0)
    await store.close()
  })

  test("is ended by this process's own write without any timer", async () => {
    const { clock, timers } = stillClock()
    const store = await openSqliteStore({ file: freshFile(), clock })
    const wait = store.changed('a', 0, new AbortController().signal)
    await store.project([{ id: 'a', run: 1, kind: 'asked', asked }], [])
    expect(await wait).toMatchObject({ asked })
    expect(timers.size).toBe(0)
    await store.close()
    expect(timers.size).toBe(0)
  })
})
