// What a person reads of an error: of their mistakes what is wrong, of ours where.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { errorText } from '../../../bin/errorText.ts'

test('an error with its remedy is told as it is', () => {
  expect(errorText(new ErrandError('any', 'do this'))).toBe('do this')
})

test('what a terminal would obey is shown as it is written, line by line', () => {
  expect(errorText(new ErrandError('any', 'a\u001b[31m\n- b'))).toBe('a\\u{1b}[31m\n- b')
})

test("the operating system's refusal names call and path, and has no stack", async () => {
  const file = fileURLToPath(import.meta.url)
  const error = await mkdir(join(file, 'x'), { recursive: true }).catch((error: unknown) => error)
  expect(errorText(error)).toBe(`ENOTDIR: not a directory, mkdir '${join(file, 'x')}'`)
})

test('anything else is a bug, and shows where', () => {
  expect(errorText(new TypeError('x is not a function'))).toMatch(/^TypeError: x is not a function\n +at /)
  expect(errorText('thrown')).toBe('thrown')
})
