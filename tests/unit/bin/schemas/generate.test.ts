// `errand schemas generate`: what it writes, and in which order.
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { generateVerb } from '../../../../bin/schemas/generate.ts'
import { folderWith } from './folders.ts'

const schema = { type: 'record', name: 'T', fields: [{ name: 'f0', type: 'int' }] }

test('generated.ts comes after the golden payloads: where it is, all of it is', async () => {
  const folder = folderWith({ 'a/v1.avsc': schema })
  mkdirSync(join(folder, 'generated.ts')) // in the way
  using said = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const generate = () => generateVerb().parseAsync([folder], { from: 'user' })
  await expect(generate()).rejects.toMatchObject({ code: 'not-written' })
  expect(readdirSync(join(folder, 'a'))).toEqual(['v1.avsc', 'v1.golden.json'])
  expect(said.mock.calls).toEqual([[`wrote ${join(folder, 'a/v1.golden.json')}`]])
})
