// Files that are replaced: nobody finds half of one, and what cannot be written is told with what to do.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeWhole } from '../../../bin/wholeFile.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'errand-whole-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('one that reads meanwhile finds what was there or what is there now, whole', async () => {
  const path = join(folder, 'generated.ts')
  const texts = ['a', 'b'].map((letter) => letter.repeat(1_000_000))
  await writeWhole(path, texts[0]!)
  let isWriting = true
  const reading = (async () => {
    while (isWriting) expect(texts.includes(await readFile(path, 'utf8'))).toBe(true)
  })()
  for (let turn = 1; turn <= 20; turn++) await writeWhole(path, texts[turn % 2]!)
  isWriting = false
  await reading
  expect(await readdir(folder)).toEqual(['generated.ts'])
})

test('a link stays one, and the mode stays as it is', async () => {
  const [path, link] = [join(folder, 'real.ts'), join(folder, 'generated.ts')]
  await writeFile(path, 'old')
  await chmod(path, 0o660)
  await symlink(path, link)
  await writeWhole(link, 'new')
  expect(await readFile(path, 'utf8')).toBe('new')
  expect((await stat(path)).mode & 0o777).toBe(0o660)
})

test('what cannot be written is named with what to do, and nothing is left behind', async () => {
  const path = join(folder, 'generated.ts')
  await mkdir(path)
  await expect(writeWhole(path, 'text')).rejects.toMatchObject({
    code: 'not-written',
    message: expect.stringMatching(/generated\.ts cannot be written: EISDIR.*; move away what has its name/),
  })
  await expect(writeWhole(join(folder, 'none/generated.ts'), 'text')).rejects.toThrow('make its folder first')
  expect(await readdir(folder)).toEqual(['generated.ts'])
})
