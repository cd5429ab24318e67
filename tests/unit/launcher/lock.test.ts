// The lock of a folder after a keeper that was killed.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockFolder, readRunning } from '../../../bin/launcher/lock.ts'

test('whoever takes the folder of a keeper that was killed removes the socket that it has left, and nothing beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'errand-lock-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const [own, shared] = [join(folder, 'own'), join(folder, 'shared')]
  for (const place of [own, shared]) {
    await mkdir(place)
    await writeFile(join(place, 'keeper'), '')
  }
  await writeFile(join(shared, 'other'), '')
  for (const place of [own, shared]) {
    const running = { pid: 1, socket: join(place, 'keeper'), users: [] }
    await writeFile(join(folder, 'running.json'), JSON.stringify(running))
    lockFolder(folder)?.[Symbol.dispose]()
    expect(readRunning(folder)).toBeUndefined()
  }
  expect([existsSync(own), existsSync(join(shared, 'keeper')), existsSync(join(shared, 'other'))]).toEqual([
    ...[false, false, true],
  ])
})
