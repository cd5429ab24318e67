import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { gather, watchApp } from '../../../../bin/dev/watch.ts'
import { manualClock } from '../../../../testing/manualClock.ts'

async function watched() {
  const folder = await mkdtemp(join(tmpdir(), 'errand-watch-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const each of ['requests', 'schemas/add', 'data', 'node_modules/x', '.git', 'dist'])
    await mkdir(join(folder, each), { recursive: true })
  await writeFile(join(folder, 'requests/add.ts'), '1')
  const except = [join(folder, 'schemas/generated.ts'), join(folder, 'data')]
  const errors: Error[] = []
  const changes = await watchApp({ folder, except, onError: (error) => errors.push(error) })
  onTestFinished(() => changes[Symbol.asyncDispose]())
  onTestFinished(() => expect(errors).toEqual([]))
  return {
    write: (file: string, text = String(Math.random())) => writeFile(join(folder, file), text),
    move: (from: string, to: string) => rename(join(folder, from), join(folder, to)),
    remove: (file: string) => rm(join(folder, file), { recursive: true }),
    mkdir: (name: string) => mkdir(join(folder, name), { recursive: true }),
    taken: async () => {
      await changes.settled()
      return changes.take()
    },
  }
}

test('a file is seen each time it is saved, in place or by an editor that puts another in its place', async () => {
  const { write, move, taken } = await watched()
  await write('requests/add.ts')
  expect(await taken()).toEqual(['requests/add.ts'])
  for (let time = 0; time < 3; time++) {
    await write('requests/.add.ts.swp')
    await move('requests/.add.ts.swp', 'requests/add.ts')
    expect(await taken()).toEqual(['requests/add.ts'])
  }
  await move('requests/add.ts', 'requests/add.ts~')
  await write('requests/add.ts')
  expect(await taken()).toEqual(['requests/add.ts'])
})

test('files of a new folder, and the removal of a file, are changes', async () => {
  const { write, mkdir, remove, taken } = await watched()
  await mkdir('schemas/greet')
  await write('schemas/greet/input.v1.avsc')
  expect(await taken()).toEqual(['schemas/greet/input.v1.avsc'])
  await write('schemas/greet/input.v1.avsc')
  expect(await taken()).toEqual(['schemas/greet/input.v1.avsc'])
  await remove('schemas/greet')
  expect(await taken()).toEqual(['schemas/greet/input.v1.avsc'])
})

test('what is not the app’s source is left out: what it names, tests, dependencies, builds, hidden and other files', async () => {
  const { write, taken } = await watched()
  for (const file of ['schemas/generated.ts', 'data/x.json', 'requests/add.test.ts', 'node_modules/x/index.js'])
    await write(file)
  for (const file of ['.git/config.json', '.env.ts', 'dist/app.js', 'notes.md', 'app.log']) await write(file)
  await write('app.ts')
  expect(await taken()).toEqual(['app.ts'])
})

test('many changes at once are one; a folder that is never quiet is taken after two seconds', async () => {
  const clock = manualClock()
  const { note, settled, take } = gather(clock)
  let isSettled = false
  void settled().then(() => {
    isSettled = true
  })
  for (let file = 0; file < 19; file++) {
    note(`${file}.ts`)
    await clock.advance(50)
  }
  expect(isSettled).toBe(false)
  await clock.advance(50)
  expect(isSettled).toBe(true)
  expect(take()).toHaveLength(19)
  isSettled = false
  void settled().then(() => {
    isSettled = true
  })
  for (let file = 0; file < 40; file++) {
    expect(isSettled).toBe(false)
    note('app.ts')
    await clock.advance(50)
  }
  expect(isSettled).toBe(true)
  expect(take()).toEqual(['app.ts'])
})
