// generated.ts as text that a person, a terminal and a reviewer see.
import { expect, test } from 'vitest'
import { generateTypes } from '../../../schemas/codegen/generate.ts'
import { defaultSettings } from '../../../schemas/folder/subjectSettings.ts'

test('no character is in it that a terminal would obey or nobody sees, and the schema is the same', () => {
  const doc = 'a\u001b[31m\u2028b\u202e\tc\u007f\rd "\\'
  const schema = { type: 'record', name: 'n.T', doc, fields: [] }
  const version = { version: 1, path: 't/v1.avsc', text: '', schema }
  const text = generateTypes([{ name: 't', of: 't', part: '', settings: defaultSettings, versions: [version] }])
  expect(text).not.toMatch(/(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  expect(text).toContain('/** a\\u{1b}[31m\\u{2028}b\\u{202e}\tc\\u{7f}\\u{d}d "\\ */')
  const [, value] = /schema: (.*),\n\}/s.exec(text)!
  expect(new Function(`return ${value}`)()).toEqual(schema)
})
