// Submitting to a simulated system: what the API does with a request, from its validation and its seal to the resource, without
// HTTP between (api/requests.ts).

import { lookUp } from '../api/requestLookup.ts'
import { type AcceptedRequest, requestRecord } from '../api/requestRecord.ts'
import { type RequestTypes, requestTypes } from '../api/requestTypes.ts'
import { type RequestResource, resourceOf } from '../api/resource.ts'
import { readSubmission } from '../api/submission.ts'
import type { AnyApp } from '../app/app.ts'
import { ErrandError } from '../app/errors.ts'
import type { Catalogue } from '../kafka/catalogue.ts'
import { developmentClient } from '../process/clients.ts'
import type { Clock } from '../process/clock.ts'
import type { Keyring } from '../process/keyring.ts'
import { newRequestId } from '../process/requestId.ts'
import type { Producer } from '../producers/producer.ts'
import type { Codec, Encode } from '../schemas/codec.ts'
import type { Store } from '../store/store.ts'
import { clientJson } from './clientJson.ts'

/** What a client may say beside its data. */
export type SubmitOptions = {
  readonly reference?: string
  readonly orderingKey?: string
  /** The deadline, from now on. */
  readonly withinMs?: number
  /** The time before which it is not run, from now on. */
  readonly afterMs?: number
  /** False: it asks for no callback. */
  readonly callback?: boolean
}

export type SubmittingOptions = {
  readonly app: AnyApp
  readonly catalogue: Catalogue
  readonly codec: Codec
  readonly keyring: Keyring
  readonly store: Store
  readonly clock: Clock
  readonly producer: Producer
  readonly randomBytes: (count: number) => Uint8Array
}

export type Submitting = {
  /** Resolves with the id when the log has the request (I2). Rejects with `invalid-request`. */
  submit(type: string, data: unknown, options?: SubmitOptions): Promise<string>
  resource(id: string): Promise<RequestResource>
}

const callbackUrl = 'https://client.example/callbacks'
/** As the API has it. */
const sendDeadlineMs = 10_000

export async function submitting(options: SubmittingOptions): Promise<Submitting> {
  const { catalogue, keyring, store, clock, producer, randomBytes } = options
  const types = await typesOf(options)
  const { name: client } = developmentClient(keyring)
  return {
    submit: async (name, data, given = {}) => {
      const type = types.get(name)
      if (!type) throw new ErrandError('unknown-type', `the app has no request type "${name}"`)
      const timeMs = clock.now()
      const body = bodyOf(clientJson(type.input, data), given, timeMs)
      const checked = readSubmission(type, body, { nowMs: timeMs, callbackPolicy: () => undefined })
      if (checked.kind === 'invalid')
        throw new ErrandError(
          'invalid-request',
          `the API would refuse this with 422: ${checked.faults.map(({ pointer, message }) => `${pointer} ${message}`).join(', ')}`,
        )
      const id = newRequestId(keyring, { type: name, client, timeMs }, randomBytes)
      const { submission } = checked
      const request: AcceptedRequest = { id, type, client, timeMs, submission, traceparent: undefined }
      const kind = submission.orderingKey === undefined ? 'turn' : 'key'
      await producer.send(type.topic, requestRecord({ keyring, source: catalogue.source }, request), { kind })
      return id
    },
    resource: async (id) => {
      const found = await lookUp({ types, store, keyring, clock, sendDeadlineMs }, id, client)
      if (found.kind !== 'known') throw new ErrandError(found.kind, `the API would not know ${id}`)
      return resourceOf(found.identified, found.view, clock.now())
    },
  }
}

async function typesOf({ app, catalogue, codec }: SubmittingOptions): Promise<RequestTypes> {
  const encoders = new Map<string, Encode<unknown>>()
  for (const [name, { input }] of Object.entries(app.requests))
    encoders.set(name, await codec.encoder(`${catalogue.requests(name)}-value`, input))
  return requestTypes(app, catalogue, (name) => encoders.get(name)!)
}

const bodyOf = (
  data: unknown,
  { reference, orderingKey, withinMs, afterMs, callback = true }: SubmitOptions,
  nowMs: number,
) => ({
  data,
  ...(reference !== undefined && { reference }),
  ...(orderingKey !== undefined && { orderingKey }),
  ...(withinMs !== undefined && { deadline: new Date(nowMs + withinMs).toISOString() }),
  ...(afterMs !== undefined && { runAt: new Date(nowMs + afterMs).toISOString() }),
  ...(callback && { callback: { url: callbackUrl } }),
})
