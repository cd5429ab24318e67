// What a developer is told once a system runs: how to reach it and a first request; after a restart only what is new.
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { developmentClient } from '../../process/clients.ts'
import { parseKeyring } from '../../process/keyring.ts'
import type { Prepared } from './systemProcess.ts'

export type Running = Prepared & { readonly url: string }

export type IntroductionOptions = {
  readonly folder: string
  readonly secret: string
  /** The cluster is this folder's own, so another launch may take it over. */
  readonly launched: boolean
  readonly receiverUrl: string
  /** The environment of the system's programs. */
  readonly env: Readonly<Record<string, string>>
}

export type Introduction = {
  /** The system as it ran last, if it ever did. */
  readonly known: Running | undefined
  /** With which callbacks are checked; a namespace of its own until the app's is known. */
  readonly callbackSecret: string
  /** Writes `<folder>/env` for other terminals where it says something else now, and returns what is to be shown. */
  introduce(running: Running): Promise<string>
}

export function introduction({ folder, secret, launched, receiverUrl, env }: IntroductionOptions): Introduction {
  const clientOf = (namespace: string) => developmentClient(parseKeyring(secret, namespace))
  let client = clientOf('not known yet')
  let known: Running | undefined
  const curlOf = (url: string, request: Sample): string => curl({ url, apiKey: client.apiKey, receiverUrl, request })
  const first = async ({ namespace, url, requests: [request] }: Running): Promise<string> => {
    client = clientOf(namespace)
    const file = join(folder, 'env')
    const forClients = { ERRAND_API_KEY: client.apiKey, ERRAND_CALLBACK_SECRET: client.callbackSecret }
    const launchedIn = launched ? { ERRAND_LAUNCHED_IN: resolve(folder) } : {}
    await writeEnvFile(file, { ...env, ERRAND_NAMESPACE: namespace, ...forClients, ...launchedIn })
    return welcome({ url, file, receiverUrl, ...client, curl: request && curlOf(url, request) })
  }
  return {
    get known() {
      return known
    },
    get callbackSecret() {
      return client.callbackSecret
    },
    introduce: async (running) => {
      const before = known
      known = running
      if (before?.namespace !== running.namespace) return first(running)
      const types = new Set(before.requests.map(({ type }) => type))
      const added = running.requests.filter(({ type }) => !types.has(type))
      return added.map((request) => `\n  A new request type:\n\n${curlOf(running.url, request)}\n`).join('')
    },
  }
}

const writeEnvFile = (file: string, env: Readonly<Record<string, string>>): Promise<void> =>
  writeFile(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
    { mode: 0o600 },
  )

type Sample = Prepared['requests'][number]

type Curl = { readonly url: string; readonly apiKey: string; readonly receiverUrl: string; readonly request: Sample }

const curl = ({
  url,
  apiKey,
  receiverUrl,
  request,
}: Curl): string => `    curl -sS ${url}/v1/requests/${request.type} \\
      -H 'Authorization: Bearer ${apiKey}' -H 'Content-Type: application/json' \\
      -d '${JSON.stringify({ data: request.data, callback: { url: `${receiverUrl}/callbacks` } }).replaceAll("'", "'\\''")}'`

type Welcome = {
  readonly url: string
  readonly file: string
  readonly receiverUrl: string
  readonly apiKey: string
  readonly callbackSecret: string
  readonly curl: string | undefined
}

const welcome = ({ url, file, receiverUrl, apiKey, callbackSecret, curl }: Welcome): string => `
  API                ${url}
  API key            ${apiKey}
  Callback secret    ${callbackSecret}
  Callbacks go to    ${receiverUrl}, and are shown here

  For other errand commands in another terminal:

    set -a; . ${file}; set +a
${
  curl
    ? `
  A request to paste into another terminal; its callback arrives here:

${curl}
`
    : ''
}
  How a receiver verifies a callback (any Standard Webhooks library does):

    import { Webhook } from 'standardwebhooks'
    new Webhook('${callbackSecret}').verify(rawBody, headers)
`
