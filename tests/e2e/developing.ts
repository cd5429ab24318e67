// A developer at work: a small app of its own in a folder within the repository (so that `errand` is found as an app finds
// it), `errand dev` on it, files saved, and what then answers.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inject, onTestFinished, vi } from 'vitest'
import { type Command, command } from './commands.ts'

const field = (name: string, rest: object) => ({ name, type: 'string', ...rest })
export const record = (name: string, ...fields: object[]): string =>
  JSON.stringify({ type: 'record', name, namespace: 'hello', fields }, null, 2)
export const named = field('name', { example: 'Ada' })
export const titled = field('title', { default: 'Ms' })
export const text = field('text', {})

/** `errand new request` in short: `does` is the body of the handler. */
export const handler = (type: string, record: string, does: string): string =>
  `import type { Context } from 'errand'
import type { ${record}Input, ${record}Result } from '../schemas/generated.ts'
import { setTimeout as sleep } from 'node:timers/promises'

export async function ${type}({ name, ...rest }: ${record}Input, { id }: Context): Promise<${record}Result> {
  ${does}
}
`

/** What the handler of a friendly request does. */
export const saying = (words: string): string => `return { text: \`${words} \${name}\` }`

export const appOf = (...types: readonly (readonly [type: string, record: string])[]): string =>
  `import { defineApp, request } from 'errand'
${types.map(([type]) => `import { ${type} } from './requests/${type}.ts'`).join('\n')}
import { ${types.map(([, record]) => `${record}Input, ${record}Result`).join(', ')} } from './schemas/generated.ts'

export default defineApp({
  name: 'hello',
  partitions: 2,
  requests: { ${types.map(([type, record]) => `${type}: request(${record}Input, ${record}Result, ${type})`).join(', ')} },
})
`

export type Project = {
  readonly folder: string
  /** As an editor does: another file is put in its place. */
  save(file: string, content: string): Promise<void>
  read(file: string): Promise<string>
  dev(env?: Readonly<Record<string, string>>): Dev
  /** The processes that have to do with this folder. */
  processes(): readonly string[]
}

export type Dev = {
  readonly dev: Command
  /** What it has written since the last call of `save`, `change` or this. */
  shows(pattern: RegExp): Promise<string>
  ready(): Promise<void>
  /** Submits, with a callback; resolves with the id, or the problem's status. */
  submit(type: string, data: object): Promise<string>
  /** The result of a request submitted now, or the status of the refusal. */
  answer(type: string, data: object): Promise<unknown>
  result(id: string): Promise<unknown>
}

/** An app with one request type, `greet`, whose types are not generated yet. */
export async function project(): Promise<Project> {
  await mkdir('.errand', { recursive: true })
  const folder = await mkdtemp('.errand/dev-')
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const save = async (file: string, content: string): Promise<void> => {
    const path = join(folder, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}~`, content)
    await rename(`${path}~`, path)
  }
  await save('package.json', '{ "type": "module" }') // else it would be of this repository's package, as published
  await save('schemas/greet/input.v1.avsc', record('GreetInput', named))
  await save('schemas/greet/result.v1.avsc', record('GreetResult', text))
  await save('requests/greet.ts', handler('greet', 'Greet', saying('Hello')))
  await save('app.ts', appOf(['greet', 'Greet']))
  const namespace = `dev-${randomBytes(4).toString('hex')}`
  return {
    folder,
    save,
    read: (file) => readFile(join(folder, file), 'utf8'),
    dev: (env = {}) => developing(folder, { ERRAND_NAMESPACE: namespace, ...env }),
    processes: () =>
      execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(folder)),
  }
}

function developing(folder: string, env: Readonly<Record<string, string>>): Dev {
  const { brokers, registryUrl } = inject('system')
  const cluster = { KAFKA_BROKERS: brokers.join(','), SCHEMA_REGISTRY_URL: registryUrl, ERRAND_HTTP_PORT: '0' }
  const args = ['dev', '--app', join(folder, 'app.ts'), '--folder', join(folder, '.errand'), '--receiver-port', '0']
  const dev = command('errand', args, { ...cluster, ...env })
  let seen = 0
  const shows = async (pattern: RegExp): Promise<string> => {
    const isShown = () => pattern.test(dev.output().slice(seen)) || dev.child.exitCode !== null
    await vi.waitUntil(isShown, { timeout: 60_000, interval: 20 }).catch(() => undefined)
    const shown = dev.output().slice(seen)
    if (!pattern.test(shown)) throw new Error(`it does not show ${pattern} but\n${shown}`)
    seen += (pattern.exec(shown)?.index ?? 0) + 1
    return shown
  }
  const told = (pattern: RegExp): string => pattern.exec(dev.output())![1]!
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${told(/API +(http:\S+)/)}/v1/requests/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${told(/API key +(\S+)/)}`, 'content-type': 'application/json' },
    })
  const submit: Dev['submit'] = async (type, data) => {
    const callback = { url: `${told(/Callbacks go to +(http:[^\s,]+)/)}/callbacks` }
    const response = await call(type, { method: 'POST', body: JSON.stringify({ data, callback }) })
    return response.status === 202 ? ((await response.json()) as { id: string }).id : String(response.status)
  }
  const result: Dev['result'] = async (id) => {
    const { result } = (await (await call(`${id}?wait=20`)).json()) as { result?: unknown }
    return result
  }
  return {
    dev,
    shows,
    ready: async () => void (await shows(/new Webhook/)),
    submit,
    result,
    answer: async (type, data) => {
      const id = await submit(type, data)
      return id.startsWith('req_') ? result(id) : id
    },
  }
}
