// `errand dev` as a developer meets it: every step is a file saved, and observed through HTTP, callbacks and the terminal.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { appOf, handler, named, project, record, saying, text, titled } from './developing.ts'

const greeting = (words: string): string => handler('greet', 'Greet', saying(words))
const restarted = /restarted in [\d.]+ s/

test('a handler that is saved answers next; what the old one had begun it finishes, and its callback comes', async () => {
  const { save, dev: start } = await project()
  const { dev, ready, shows, answer, submit, result } = start()
  await ready()
  expect(await answer('greet', { name: 'Ada' })).toEqual({ text: 'Hello Ada' })
  await shows(/greet\.succeeded +verified/)
  await save('requests/greet.ts', handler('greet', 'Greet', `await sleep(2_000); ${saying('Slowly')}`))
  await shows(restarted)
  const begun = await submit('greet', { name: 'Ada' })
  await shows(/request\.accepted/)
  await save('requests/greet.ts', greeting('Quickly'))
  await shows(restarted)
  expect(await answer('greet', { name: 'Ada' })).toEqual({ text: 'Quickly Ada' })
  expect(await result(begun)).toEqual({ text: 'Slowly Ada' })
  await dev.shows(new RegExp(`${begun}\\.1 +greet\\.succeeded +verified[\\s\\S]*Slowly Ada`))
  dev.child.kill('SIGINT')
  expect(await dev.ended, dev.output()).toBe(0)
})

test('a schema that is saved is generated, registered and asked for; one that is wrong is named with its line, one that breaks what was written with its file, and the system goes on', async () => {
  const { save, read, dev: start, folder } = await project()
  const { ready, shows, answer } = start()
  await ready()
  expect(await read('schemas/generated.ts')).toContain('export type GreetInput')
  const schema = 'schemas/greet/input.v1.avsc'
  await save('requests/greet.ts', handler('greet', 'Greet', saying(`Hello \${rest.title}`)))
  await shows(restarted)
  await save(schema, record('GreetInput', named, titled))
  await shows(restarted)
  expect(await read('schemas/generated.ts')).toContain('readonly title: string')
  expect(await answer('greet', { name: 'Ada', title: 'Countess' })).toEqual({ text: 'Hello Countess Ada' })
  await save(schema, record('GreetInput', named, titled).replace('"fields":', '"fields"'))
  await shows(/schemas\/greet\/input\.v1\.avsc:5:12: Expected ':'[\s\S]*goes on as it was/)
  await save(schema, record('GreetInput', { ...named, type: 'int' }, titled))
  const refused = await shows(/does not go with what[\s\S]*goes on as it was/)
  expect(refused).toContain(`✗ ${folder}/${schema}`)
  expect(refused).toContain('give a new field a default')
  expect(await answer('greet', { name: 'Ada', title: 'Countess' })).toEqual({ text: 'Hello Countess Ada' })
  await save(schema, record('GreetInput', named, titled))
  await shows(restarted)
  expect(await answer('greet', { name: 1 })).toBe('422')
})

test('a syntax error is shown with file and line while the system goes on; a new request type can be asked at once; a checkout is one restart', async () => {
  const { save, dev: start } = await project()
  const { dev, ready, shows, answer } = start()
  await ready()
  await save('requests/greet.ts', greeting('Hi').replace('return {', 'return {{'))
  expect(await shows(/goes on as it was/)).toMatch(/requests\/greet\.ts:6[\s\S]*SyntaxError/)
  expect(await answer('greet', { name: 'Ada' })).toEqual({ text: 'Hello Ada' })
  await save('requests/greet.ts', greeting('Hi'))
  await shows(restarted)
  expect(await answer('greet', { name: 'Ada' })).toEqual({ text: 'Hi Ada' })
  expect(await answer('part', { name: 'Ada' })).toBe('404')
  const before = dev.output().match(new RegExp(restarted, 'g'))!.length
  const others = Array.from({ length: 200 }, (_, index) =>
    save(`requests/other${index}.ts`, `export const a = ${index}`),
  )
  await Promise.all([
    ...others,
    save('schemas/part/input.v1.avsc', record('PartInput', named)),
    save('schemas/part/result.v1.avsc', record('PartResult', text)),
    save('requests/part.ts', handler('part', 'Part', saying('Bye'))),
    save('app.ts', appOf(['greet', 'Greet'], ['part', 'Part'])),
  ])
  const shown = await shows(restarted)
  expect(shown).toMatch(/A new request type:[\s\S]*curl .*\/v1\/requests\/part/)
  expect(await answer('part', { name: 'Ada' })).toEqual({ text: 'Bye Ada' })
  await shows(/part\.succeeded +verified/)
  expect(dev.output().match(new RegExp(restarted, 'g'))).toHaveLength(before + 1)
})

test('it waits where the first start meets a syntax error or the system ends by itself, and goes on at the next change', async () => {
  const { save, dev: start } = await project()
  await save('requests/greet.ts', greeting('Hello').replace('return {', 'return {{'))
  const { ready, shows, answer, submit } = start()
  await shows(/SyntaxError[\s\S]*Nothing runs/)
  await save('requests/greet.ts', greeting('Hello'))
  await ready()
  await shows(restarted)
  expect(await answer('greet', { name: 'Ada' })).toEqual({ text: 'Hello Ada' })
  await save('requests/greet.ts', handler('greet', 'Greet', 'process.exit(3)'))
  await shows(restarted)
  await submit('greet', { name: 'Ada' })
  await shows(/has ended by itself \(exit code 3\)[\s\S]*Nothing runs/)
  await save('requests/greet.ts', greeting('Again'))
  await shows(restarted)
  expect(await answer('greet', { name: 'Ada' })).toEqual({ text: 'Again Ada' })
})

test.each([['changed'], ['restarted']])('Ctrl-C right after "%s" leaves nothing running', async (word) => {
  const { save, dev: start, processes } = await project()
  const { dev, ready, shows } = start()
  await ready()
  await save('requests/greet.ts', greeting('Hi'))
  await shows(new RegExp(word))
  dev.child.kill('SIGINT')
  expect(await dev.ended, dev.output()).toBe(0)
  expect(processes()).toEqual([])
})

test('a dev that is killed leaves nothing running either, whatever the app’s module does', async () => {
  const { save, dev: start, processes } = await project()
  const { dev, ready } = start()
  await ready()
  const hanging = `${appOf(['greet', 'Greet'])}\nsetInterval(() => {}, 1_000)\nawait new Promise(() => {})\n`
  await save('app.ts', hanging)
  await expect.poll(() => processes().filter((line) => line.includes('dev-system')).length, { timeout: 30_000 }).toBe(2)
  dev.child.kill('SIGKILL')
  await expect.poll(processes, { timeout: 60_000 }).toEqual([])
})

test('what no change can mend ends it with exit code 2: no app, or a cluster that does not answer', async () => {
  const { dev: start, folder } = await project()
  const away = start({ KAFKA_BROKERS: '127.0.0.1:1' }).dev
  expect([await away.ended, away.output()]).toEqual([2, expect.stringContaining('Kafka does not answer')])
  await rm(join(folder, 'app.ts'))
  const missing = start().dev
  expect([await missing.ended, missing.output()]).toEqual([2, expect.stringContaining('there is no app at')])
})
