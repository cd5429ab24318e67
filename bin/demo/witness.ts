// The demo's client side: asks over HTTP, receives the callbacks, and verifies each with the official `standardwebhooks`
// package, so that nothing of Errand vouches for itself.
import { Webhook } from 'standardwebhooks'
import { startReceiver } from '../receiver.ts'
import type { Question } from './dataset.ts'

/** One request from POST to callback. Times are ms on this process's monotonic clock. */
export type Errand = {
  readonly question: Question
  readonly postedMs: number
  readonly calledBack: PromiseWithResolvers<void>
  calledBackMs?: number
}

export type Witness = {
  readonly accepted: number
  /** Requests whose callback came, was verified and said what the data say. */
  readonly verified: number
  /** Callbacks that came again: allowed, as delivery is at least once. */
  readonly repeated: number
  /** What did not match, in words. */
  readonly faults: readonly string[]
  /** POST to callback of every request called back, ms. */
  readonly latenciesMs: readonly number[]
  /** Sends one request; resolves when it is called back, or refused, which is a fault. */
  ask(question: Question): Promise<void>
} & AsyncDisposable

type Body = {
  readonly type: string
  readonly data: {
    readonly id: string
    readonly result?: { readonly flights: number; readonly svg: string }
    readonly error?: { readonly code: string }
  }
}

export async function startWitness({
  secret,
  port,
}: {
  readonly secret: string
  readonly port: number
}): Promise<Witness & { connect(api: { readonly url: string; readonly key: string }): void; readonly origin: string }> {
  const webhook = new Webhook(secret)
  const byId = new Map<string, Errand>()
  const early = new Map<string, { readonly body: Body; readonly atMs: number }>()
  const faults: string[] = []
  let verified = 0
  let repeated = 0
  let api: { readonly url: string; readonly key: string } | undefined
  const settle = (errand: Errand, body: Body, atMs: number): void => {
    if (errand.calledBackMs !== undefined) {
      repeated += 1
      return
    }
    errand.calledBackMs = atMs
    errand.calledBack.resolve()
    const fault = faultOf(errand.question, body)
    if (fault) faults.push(`${body.data.id}: ${fault}`)
    else verified += 1
  }
  const receiver = await startReceiver({
    port,
    secret,
    onCallback: ({ headers, body }) => {
      const atMs = performance.now()
      try {
        const callback = webhook.verify(body, headers as Record<string, string>) as Body
        const errand = byId.get(callback.data.id)
        if (errand) settle(errand, callback, atMs)
        else early.set(callback.data.id, { body: callback, atMs })
      } catch (error) {
        faults.push(`a callback could not be verified: ${(error as Error).message}`)
      }
    },
  })
  const callbackUrl = `${receiver.url}/callbacks`
  const ask = async (question: Question): Promise<void> => {
    if (!api) throw new Error('the API is not known yet')
    const errand: Errand = { question, postedMs: performance.now(), calledBack: Promise.withResolvers() }
    const { airport, from, to } = question
    const response = await fetch(`${api.url}/v1/requests/punctuality`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ data: { airport, from, to }, callback: { url: callbackUrl } }),
    })
    const answer = (await response.json()) as { readonly id: string }
    if (response.status !== 202) {
      faults.push(`POST was answered ${response.status}: ${JSON.stringify(answer)}`)
      return
    }
    byId.set(answer.id, errand)
    const arrived = early.get(answer.id)
    early.delete(answer.id)
    if (arrived) settle(errand, arrived.body, arrived.atMs)
    await errand.calledBack.promise
  }
  return {
    get accepted() {
      return byId.size
    },
    get verified() {
      return verified
    },
    get repeated() {
      return repeated
    },
    get latenciesMs() {
      return [...byId.values()].flatMap(({ postedMs, calledBackMs }) =>
        calledBackMs === undefined ? [] : [calledBackMs - postedMs],
      )
    },
    faults,
    origin: receiver.url,
    connect: (to) => {
      api = to
    },
    ask,
    [Symbol.asyncDispose]: () => receiver.close(),
  }
}

/** How a verified callback differs from what the data say. */
function faultOf({ airport, flights }: Question, { type, data }: Body): string | undefined {
  if (flights === 0)
    return type === 'punctuality.failed' && data.error?.code === 'no-flights'
      ? undefined
      : `expected a rejection for ${airport}, got ${type}`
  if (type !== 'punctuality.succeeded' || !data.result)
    return `expected a result, got ${type}: ${JSON.stringify(data.error)}`
  if (data.result.flights !== flights)
    return `${airport} had ${flights} flights, the result says ${data.result.flights}`
  return data.result.svg.includes('</svg>') ? undefined : 'the result has no drawing'
}
