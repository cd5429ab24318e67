import { spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { expect, test } from 'vitest'

const log = new URL('../../../process/log.ts', import.meta.url)

test('the log is JSON lines on standard error, with the fields of its children and errors with their stack', () => {
  const source = `
    import { createLog, silentLog } from '${log}'
    const log = createLog()
    log.info('process.started', { role: 'api' })
    log.child({ group: 'g' }).error('record.failed', { error: new Error('no', { cause: new Error('why') }), none: undefined })
    log.warn('with.bigint', { offset: 7n })
    log.debug('too.detailed')
    silentLog.error('never.seen')`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', source], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    {
      level: 30,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      pid: expect.any(Number),
      event: 'process.started',
      role: 'api',
    },
    {
      level: 50,
      event: 'record.failed',
      group: 'g',
      error: { message: 'no: why', stack: expect.stringMatching(/Error: no.*Error: why/s) },
    },
    { level: 40, event: 'with.bigint', fields: expect.stringContaining('7n') },
  ])
})

test('a process whose log cannot be written, for the disk is full, goes on and ends', () => {
  const source = `
    import { createLog } from '${log}'
    const log = createLog()
    log.info('process.started')
    setTimeout(() => { log.info('lost'); console.log('goes on') }, 200)
    setTimeout(() => process.exit(3), 400)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', source], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', openSync('/dev/full', 'w')],
    timeout: 15_000,
    killSignal: 'SIGKILL',
  })
  expect({ stdout, status }).toEqual({ stdout: 'goes on\n', status: 3 })
}, 20_000)
