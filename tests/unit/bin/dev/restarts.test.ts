import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ErrandError } from '../../../../app/errors.ts'
import { keepRunning } from '../../../../bin/dev/restarts.ts'
import type { Failure, Prepared, SystemProcess } from '../../../../bin/dev/systemProcess.ts'
import { gather } from '../../../../bin/dev/watch.ts'
import { manualClock } from '../../../../testing/manualClock.ts'

/** A session over processes that do what the test says, and what was asked of them, in order. */
function session() {
  const clock = manualClock()
  const changes = { ...gather(clock), [Symbol.asyncDispose]: async () => undefined }
  const ending = new AbortController()
  const [happened, said]: [string[], string[]] = [[], []]
  const processes: ReturnType<typeof newProcess>[] = []
  const newProcess = (number: number) => {
    const [prepared, running] = [Promise.withResolvers<Prepared>(), Promise.withResolvers<string>()]
    const ended = Promise.withResolvers<Awaited<SystemProcess['ended']>>()
    const stopping = Promise.withResolvers<void>()
    let hasEnded = false
    const process: SystemProcess = {
      prepared: prepared.promise,
      running: running.promise,
      ended: ended.promise,
      run: () => void happened.push(`run ${number}`),
      stop: () => {
        if (hasEnded) return Promise.resolve()
        happened.push(`stop ${number}`)
        return stopping.promise
      },
    }
    const act = async (action: () => void): Promise<void> => {
      action()
      for (let turns = 0; turns < 5; turns++) await turn()
    }
    return {
      process,
      prepare: () => act(() => prepared.resolve({ namespace: 'a', fingerprint: 'f', requests: [] })),
      started: () => act(() => running.resolve('http://127.0.0.1:1')),
      ends: (failure?: Failure) => {
        hasEnded = true
        return act(() => ended.resolve({ how: 'exit code 1', failure }))
      },
      stopped: () => act(() => stopping.resolve()),
    }
  }
  let wrong: ErrandError | undefined
  const over = keepRunning({
    changes,
    renewTypes: async () => {
      if (wrong) throw wrong
      return false
    },
    start: () => {
      const made = newProcess(processes.length + 1)
      happened.push(`start ${processes.length + 1}`)
      processes.push(made)
      return made.process
    },
    say: (line) => void said.push(line),
    onRunning: async () => void happened.push('running'),
    clock,
    signal: ending.signal,
  })
  over.catch(() => undefined)
  return {
    clock,
    happened,
    said,
    over,
    process: (number: number) => processes[number - 1]!,
    change: async (...files: string[]) => {
      for (const file of files) changes.note(file)
      await clock.advance(2_000)
    },
    schemas: (problem: ErrandError | undefined) => {
      wrong = problem
    },
    end: () => ending.abort('SIGINT'),
  }
}

/** A session whose first system runs. */
async function running() {
  const given = session()
  await turn()
  await given.process(1).prepare()
  await given.process(1).started()
  expect(given.happened.splice(0)).toEqual(['start 1', 'run 1', 'running'])
  return given
}

test('the predecessor is stopped when its successor is prepared, and the successor runs when the predecessor has ended', async () => {
  const { happened, process, change, said } = await running()
  await change('requests/add.ts', 'app.ts')
  expect(happened).toEqual(['start 2'])
  await process(2).prepare()
  expect(happened).toEqual(['start 2', 'stop 1'])
  await process(1).stopped()
  expect(happened).toEqual(['start 2', 'stop 1', 'run 2'])
  await process(2).started()
  expect(happened.at(-1)).toBe('running')
  expect(said).toEqual(['· app.ts and 1 more changed', expect.stringMatching(/^· restarted in/)])
})

test('a successor that cannot be loaded costs nothing: the system goes on, and the next change is tried', async () => {
  const { happened, process, change, said } = await running()
  await change('app.ts')
  await process(2).ends()
  expect(happened).toEqual(['start 2'])
  expect(said.join('\n')).toMatch(/cannot be loaded[\s\S]*goes on as it was/)
  await change('app.ts')
  await process(3).prepare()
  expect(happened).toEqual(['start 2', 'start 3', 'stop 1'])
})

test('what is wrong with a schema starts nothing and is said', async () => {
  const { happened, schemas, change, said } = await running()
  schemas(new ErrandError('invalid-schema', 'schemas/a/v1.avsc:1:2: Unexpected token'))
  await change('schemas/a/v1.avsc')
  expect(happened).toEqual([])
  expect(said.join('\n')).toMatch(/✗ schemas\/a\/v1\.avsc:1:2[\s\S]*goes on as it was/)
})

test('changes during a restart are one more restart, after it', async () => {
  const { happened, process, change } = await running()
  await change('app.ts')
  await process(2).prepare()
  await change('a.ts')
  await change('b.ts')
  await change('c.ts')
  await process(1).stopped()
  expect(happened).toEqual(['start 2', 'stop 1', 'run 2'])
  await process(2).started()
  expect(happened.splice(0)).toEqual(['start 2', 'stop 1', 'run 2', 'running', 'start 3'])
  await process(3).prepare()
  await process(2).stopped()
  await process(3).started()
  expect(happened).toEqual(['stop 2', 'run 3', 'running'])
})

test('a change while a successor is only prepared replaces that successor', async () => {
  const { happened, process, change } = await running()
  await change('app.ts')
  await change('app.ts')
  expect(happened).toEqual(['start 2', 'stop 2'])
  await process(2).stopped()
  expect(happened).toEqual(['start 2', 'stop 2', 'start 3'])
})

test('a system that ends by itself is told of once and started again at the next change, not before', async () => {
  const { happened, process, change, said, clock } = await running()
  await process(1).ends()
  await clock.advance(60_000)
  expect(happened).toEqual([])
  expect(said.join('\n')).toMatch(/has ended by itself[\s\S]*Nothing runs/)
  await change('app.ts')
  await process(2).prepare()
  expect(happened).toEqual(['start 2', 'run 2'])
})

test('a system that hangs while it starts gives way to a change, after ten seconds', async () => {
  const { happened, process, change, clock } = await running()
  await change('app.ts')
  await process(2).prepare()
  await process(1).stopped()
  await change('app.ts')
  expect(happened.splice(0)).toEqual(['start 2', 'stop 1', 'run 2'])
  await clock.advance(10_000)
  await process(3).prepare()
  expect(happened).toEqual(['start 3', 'stop 2'])
})

test('the first start ends it all where no change of a file can help, and waits for a change where one can', async () => {
  const elsewhere = session()
  await turn()
  await elsewhere.process(1).ends({ why: 'Kafka does not answer', elsewhere: true })
  await expect(elsewhere.over).rejects.toMatchObject({ code: 'unable', message: 'Kafka does not answer' })
  const here = session()
  await turn()
  await here.process(1).ends({ why: 'no requests', elsewhere: false })
  expect(here.said).toEqual(['✗ no requests', expect.stringContaining('Nothing runs')])
  await here.change('app.ts')
  expect(here.happened).toEqual(['start 1', 'start 2'])
  const later = await running()
  await later.change('app.ts')
  await later.process(2).ends({ why: 'Kafka does not answer', elsewhere: true })
  expect(later.said).toContain('✗ Kafka does not answer')
})

test.each(['while it prepares', 'while the old one stops', 'while the new one starts', 'while it runs'])(
  'it ends %s, and every process has ended then',
  async (when) => {
    const { happened, process, change, end, over } = await running()
    if (when !== 'while it runs') await change('app.ts')
    if (when.startsWith('while the')) await process(2).prepare()
    if (when === 'while the new one starts') await process(1).stopped()
    end()
    for (const number of when === 'while it runs' ? [1] : [1, 2]) {
      await turn()
      await process(number).stopped()
    }
    await over
    expect(happened).toEqual(
      expect.arrayContaining(when === 'while it runs' ? ['stop 1'] : ['stop 1', 'start 2', 'stop 2']),
    )
    expect(happened.includes('run 2')).toBe(when === 'while the new one starts')
  },
)
