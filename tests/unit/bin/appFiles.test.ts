// Files written into an app: all or none, and nothing is overwritten, on any file system.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeNew } from '../../../bin/appFiles.ts'

async function appWithQuote(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-files-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'requests'))
  await writeFile(join(folder, 'requests/quote.ts'), '')
  return folder
}

test.each(['quote', 'qUOTE'])(
  'requests/%s.ts is in the way of requests/quote.ts, and then nothing is written',
  async (name) => {
    const folder = await appWithQuote()
    const files = [`schemas/${name}/input.v1.avsc`, `requests/${name}.ts`].map((path) => ({ path, text: 'new' }))
    await expect(writeNew(folder, files)).rejects.toMatchObject({
      code: 'in-the-way',
      message: expect.stringContaining('\n  requests/quote.ts\n'),
    })
    expect(await readdir(folder)).toEqual(['requests'])
  },
)

test('what is not in the way is written beside it', async () => {
  const folder = await appWithQuote()
  await writeNew(folder, [{ path: 'requests/order.ts', text: 'new' }])
  expect((await readdir(join(folder, 'requests'))).toSorted()).toEqual(['order.ts', 'quote.ts'])
})
