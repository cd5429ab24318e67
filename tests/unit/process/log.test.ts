import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const log = new URL('../../../process/log.ts', import.meta.url)

test('the log is JSON lines on standard error, with the fields of its children and errors with their stack', () => {
  const source = `
    import { createLog, silentLog } from '${log}'
    const log = createLog()
    log.info('process.started', { role: 'api' })
    log.child({ group: 'g' }).error('record.failed', { error: new Error('no') })
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
    { event: 'process.started', role: 'api' },
    { event: 'record.failed', group: 'g', error: { message: 'no', stack: expect.stringContaining('Error: no') } },
  ])
})
