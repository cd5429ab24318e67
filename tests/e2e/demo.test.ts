import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { command } from './commands.ts'

const javas = (): string =>
  execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('errand-demo-'))
    .join('\n')

test('the demo brings up everything, matches every count, loses nothing and leaves nothing running', async () => {
  const demo = command('npm', ['run', '--silent', 'demo'])
  expect(await demo.ended, demo.output()).toBe(0)
  expect(demo.output()).toMatch(/✓ events produced +20000/)
  for (const group of ['archive', 'averages', 'alerts'])
    expect(demo.output()).toMatch(new RegExp(`✓ events seen by ${group} +20000`))
  expect(demo.output()).toMatch(/✓ requests accepted +250 of 250/)
  expect(demo.output()).toMatch(/✓ callbacks verified +250 /)
  expect(demo.output()).toMatch(/✓ lost +0/)
  expect(demo.output()).toContain('Everything matches')
  expect(javas()).toBe('')
})

test('the demo stopped by Ctrl-C while it works leaves nothing running', async () => {
  const demo = command(process.execPath, ['bin/demo/demo.ts'])
  await demo.shows(/events produced|events seen/)
  demo.child.kill('SIGINT')
  expect(await demo.ended).toBe(130)
  expect(demo.output()).toContain('nothing is left running')
  expect(javas()).toBe('')
})
