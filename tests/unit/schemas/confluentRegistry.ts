// A registry that answers as Confluent documents its API (docs.confluent.io, Schema Registry API Reference): it stores what it
// is given as Java's parser writes it, compares at the level of the subject, and says why. In memory, for one test file.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AvroSchema } from '../../../app/record.ts'
import { checkEvolution, isCompatibilityLevel } from '../../../schemas/compatibility.ts'
import { schemaText } from '../../../schemas/registry/schemaText.ts'

type Version = { readonly version: number; readonly id: number; readonly text: string; isDeleted: boolean }
type Answer = readonly [status: number, body: unknown]

const no = (code: number, message: string): Answer => [Math.floor(code / 100), { error_code: code, message }]

/** Dispose it to close it. */
export async function confluentRegistry(): Promise<{ readonly url: string } & AsyncDisposable> {
  const answer = confluent()
  const server: Server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry')
      const path = pathname.split('/').slice(1).map(decodeURIComponent)
      const json = text === '' ? {} : JSON.parse(text)
      const [status, body] = answer(request.method ?? '', path, json, searchParams)
      response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
      response.end(JSON.stringify(body))
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Body = { readonly schema?: string; readonly compatibility?: string }

function confluent() {
  const texts: string[] = []
  const subjects = new Map<string, Version[]>()
  const levels = new Map<string, string>()
  const live = (subject: string): readonly Version[] =>
    (subjects.get(subject) ?? []).filter(({ isDeleted }) => !isDeleted)
  const levelOf = (subject: string) => {
    const level = levels.get(subject) ?? 'BACKWARD'
    return isCompatibilityLevel(level) ? level : 'BACKWARD'
  }
  const breaks = (subject: string, schema: AvroSchema): readonly string[] =>
    checkEvolution(
      schema,
      live(subject).map(({ text }) => JSON.parse(text)),
      levelOf(subject),
    ).findings.map(({ message }) => `{errorType:'…', description:'${message}'}`)
  const register = (subject: string, { schema = '' }: Body): Answer => {
    const text = schemaText(JSON.parse(schema))
    const there = live(subject).find((each) => each.text === text)
    if (there) return [200, { id: there.id }]
    const why = breaks(subject, JSON.parse(text))
    if (why.length > 0) return [409, { error_code: 409, message: `Schema being registered is incompatible: ${why}` }]
    const id = texts.indexOf(text) + 1 || texts.push(text)
    const versions = subjects.get(subject) ?? []
    subjects.set(subject, [...versions, { version: versions.length + 1, id, text, isDeleted: false }])
    return [200, { id }]
  }
  const found = (subject: string, version: string, deleted: boolean): Answer => {
    const each = (deleted ? (subjects.get(subject) ?? []) : live(subject)).find(
      (one) => String(one.version) === version,
    )
    return each
      ? [200, { subject, version: each.version, id: each.id, schema: each.text }]
      : no(40402, 'Version not found.')
  }
  return (method: string, path: readonly string[], body: Body, query: URLSearchParams): Answer => {
    const [what = '', subject = '', more, version = ''] = path
    const deleted = query.get('deleted') === 'true'
    const call = `${method} ${what}${path.length > 1 ? ' s' : ''}${more === 'versions' ? ' versions' : ''}${version ? ' v' : ''}`
    switch (call) {
      case 'GET config':
        return [200, { compatibilityLevel: 'BACKWARD' }]
      case 'GET config s':
        return levels.has(subject)
          ? [200, { compatibilityLevel: levelOf(subject) }]
          : no(40408, 'Subject has no level.')
      case 'PUT config s':
        levels.set(subject, body.compatibility ?? '')
        return [200, { compatibility: body.compatibility }]
      case 'POST subjects s versions':
        return register(subject, body)
      case 'POST subjects s': {
        const text = schemaText(JSON.parse(body.schema ?? ''))
        const each = live(subject).find((one) => one.text === text)
        if (each) return [200, { subject, version: each.version, id: each.id, schema: each.text }]
        return live(subject).length === 0 ? no(40401, `Subject '${subject}' not found.`) : no(40403, 'Schema not found')
      }
      case 'GET subjects s versions': {
        const all = deleted ? (subjects.get(subject) ?? []) : live(subject)
        return all.length === 0 ? no(40401, `Subject '${subject}' not found.`) : [200, all.map((each) => each.version)]
      }
      case 'GET subjects s versions v':
        return found(subject, version, deleted)
      case 'DELETE subjects s versions v': {
        const each = live(subject).find((one) => String(one.version) === version)
        if (each) each.isDeleted = true
        return each ? [200, each.version] : no(40402, 'Version not found.')
      }
      case 'GET schemas s': {
        const text = texts[Number(more) - 1]
        return text === undefined ? no(40403, 'Schema not found') : [200, { schema: text }]
      }
      case 'POST compatibility s v': {
        const why = breaks(version === 'versions' ? (more ?? '') : '', JSON.parse(body.schema ?? ''))
        const messages = query.get('verbose') === 'true' ? { messages: why } : {}
        return [200, { is_compatible: why.length === 0, ...messages }]
      }
      default:
        return no(40400, `HTTP 404 Not Found: ${call}`)
    }
  }
}
