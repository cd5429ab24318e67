// Which folders `errand down` and `errand reset` take: those that were launched in, and no others.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { holdFolder } from '../../../bin/launcher/heldFolder.ts'
import { lockFolder } from '../../../bin/launcher/lock.ts'

const { signal } = new AbortController()

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-held-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('a folder that nobody launched in is not taken, whatever its parts are called, and nothing is written there', async () => {
  const folder = await freshFolder()
  await mkdir(join(folder, 'kafka'))
  expect(await holdFolder(folder, signal)).toBeUndefined()
  expect(existsSync(join(folder, 'launcher.lock'))).toBe(false)
})

test('neither is a file', async () => {
  const file = join(await freshFolder(), 'app.ts')
  await writeFile(file, '')
  expect(await holdFolder(file, signal)).toBeUndefined()
})

test('one that was launched in is taken, and its data deleted', async () => {
  const folder = await freshFolder()
  lockFolder(folder)?.[Symbol.dispose]() // as a keeper that has ended leaves it
  await mkdir(join(folder, 'kafka'))
  using held = await holdFolder(folder, signal)
  await held?.deleteData(signal)
  expect(existsSync(join(folder, 'kafka'))).toBe(false)
})

test('a lock that cannot be written says which folder, and why', async () => {
  const folder = await freshFolder()
  await mkdir(join(folder, 'launcher.lock'))
  expect(() => lockFolder(folder)).toThrow(
    expect.objectContaining({ code: 'folder-unusable', message: expect.stringContaining(`${folder} cannot be used`) }),
  )
})
