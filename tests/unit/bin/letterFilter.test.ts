// Which letters an operator means, as the command's options say it.
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { aimed, type FilterOptions, filterOf, withFilter } from '../../../bin/letterFilter.ts'

function parsed(...args: readonly string[]): FilterOptions & { readonly all?: boolean } {
  const command = withFilter(new Command('x').exitOverride().configureOutput({ writeErr: () => undefined })).option(
    '--all',
  )
  return command.parse(args, { from: 'user' }).opts()
}

test('every option is a member of the filter; moments are so long ago, or times', () => {
  const before = Date.now()
  const filter = filterOf(
    parsed('--code', 'c', '--key', 'k', '--id', 'i', '--text', 't', '--since', '2h', '--until', '2026-11-29'),
  )
  expect(filter).toMatchObject({ code: 'c', key: 'k', id: 'i', text: 't', untilMs: Date.parse('2026-11-29T00:00:00Z') })
  expect(filter.sinceMs).toBeGreaterThanOrEqual(before - 7_200_000)
  expect(filter.sinceMs).toBeLessThanOrEqual(Date.now() - 7_200_000)
  expect(filterOf(parsed())).toEqual({})
})

test('an empty text, as of a variable that is not set, is refused; and so is a moment that is none', () => {
  for (const option of ['--code', '--key', '--id', '--text'])
    expect(() => parsed(option, '')).toThrow(/must not be empty/)
  for (const moment of ['', '2', 'yesterday', '2026-11-29T10:00'])
    expect(() => parsed('--since', moment)).toThrow(/such as 2h/)
})

test('whoever changes letters says which: by a filter, or all, and not both', () => {
  expect(aimed(parsed('--code', 'c'))).toEqual({ code: 'c' })
  expect(aimed(parsed('--all'))).toEqual({})
  expect(() => aimed(parsed())).toThrow(/--all for every open letter/)
  expect(() => aimed(parsed('--all', '--code', 'c'))).toThrow(/without a filter/)
})
