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
    log.warn('with.bigint', { id: 'r', offset: 7n })
    const circle = Object.assign(new Error('round'), { config: {} })
    circle.config.self = circle
    log.error('with.circle', { id: 'r', error: circle, circle: circle.config })
    for (const odd of ['text', 5, ['a'], new Date(0), null, new Error('lost'), { toJSON: () => undefined }]) log.info('odd', odd)
    log.child(['b']).info('odd', {})
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
    { level: 40, event: 'with.bigint', id: 'r', offset: '7' },
    {
      level: 50,
      event: 'with.circle',
      id: 'r',
      error: { message: 'round' },
      circle: expect.anything(),
    },
    { event: 'odd', fields: 'text' },
    { event: 'odd', fields: 5 },
    { event: 'odd', fields: ['a'] },
    { event: 'odd', fields: expect.stringContaining('1970') },
    { event: 'odd', fields: null },
    { event: 'odd', error: { message: 'lost', stack: expect.any(String) } },
    { event: 'odd', toJSON: expect.any(String) },
    { event: 'odd', fields: ['b'] },
  ])
})

test('what is held when a process ends is written', () => {
  const source = `
    import { createLog } from '${log}'
    const log = createLog()
    log.info('first')
    setImmediate(() => { log.error('last'); process.exit(3) })`
  for (let run = 0; run < 5; run++) {
    const { stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', source], {
      encoding: 'utf8',
    })
    expect(stderr.match(/"event":"\w+"/g)).toEqual(['"event":"first"', '"event":"last"'])
  }
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
