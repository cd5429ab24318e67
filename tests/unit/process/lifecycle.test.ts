import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { aborted } from '../../../process/lifecycle.ts'

const lifecycle = new URL('../../../process/lifecycle.ts', import.meta.url)
const children: ChildProcessWithoutNullStreams[] = []
afterEach(() => children.splice(0).forEach((child) => void child.kill('SIGKILL')))

/** A program that says `ready`, then `stopping`, and goes on for as long as `untilSaid` says. */
async function program(afterwards: string): Promise<ChildProcessWithoutNullStreams> {
  const source = `
    import { aborted, shutdownSignal } from '${lifecycle}'
    const shutdown = shutdownSignal()
    const alive = setInterval(() => {}, 1000)
    console.log('ready')
    await aborted(shutdown.signal)
    console.log('stopping ' + shutdown.signal.reason)
    ${afterwards}`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source])
  children.push(child)
  await said(child, 'ready')
  return child
}

const said = async (child: ChildProcessWithoutNullStreams, word: string): Promise<string> => {
  for (;;) {
    const text = String((await once(child.stdout, 'data'))[0])
    if (text.includes(word)) return text.trim()
  }
}

describe('the shutdown signal', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s asks the program to stop, and lets it finish', async (name) => {
    const child = await program('clearInterval(alive)')
    child.kill(name)
    expect(await said(child, 'stopping')).toBe(`stopping ${name}`)
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second signal, %s, ends it at once with %i', async (name, code) => {
    const child = await program('')
    child.kill('SIGTERM')
    await said(child, 'stopping')
    const again = setInterval(() => child.kill(name), 50)
    expect(await once(child, 'exit')).toEqual([code, null])
    clearInterval(again)
  })

  test('the same Ctrl-C told twice, by the terminal and by npm, lets it finish all the same', async () => {
    const child = await program('setTimeout(() => clearInterval(alive), 200)')
    child.kill('SIGINT')
    await said(child, 'stopping')
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test('disposed, it leaves signals to whoever comes after', async () => {
    const child = await program('shutdown[Symbol.dispose](); console.log("disposed")')
    child.kill('SIGTERM')
    await said(child, 'disposed')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
  })
})

test('waiting for a signal ends when it aborts, also if it has already', async () => {
  const controller = new AbortController()
  const waiting = aborted(controller.signal)
  controller.abort()
  await waiting
  await aborted(controller.signal)
})
