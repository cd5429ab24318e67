// The request types that this API accepts, each with what accepting one needs, worked out once; and `GET /v1/types`.
import type { Express, RequestHandler } from 'express'
import type { AnyApp } from '../app/app.ts'
import type { AvroSchema } from '../app/record.ts'
import type { Catalogue } from '../kafka/catalogue.ts'
import type { RetiredFields } from '../schemas/codegen/retired.ts'
import { sendJson } from './answer.ts'
import { onlyMethods } from './endings.ts'

export type RequestType = {
  readonly name: string
  readonly topic: string
  /** How many partitions status must have read before it can say that an id was never queued (I9). */
  readonly partitions: number
  readonly input: AvroSchema
  /** What clients of earlier versions still send, and is ignored. */
  readonly retired: RetiredFields | undefined
  readonly orderingKey: boolean
  readonly encode: (value: unknown) => Buffer
}

/** By name. A Map, for names like `constructor`. */
export type RequestTypes = ReadonlyMap<string, RequestType>

/** `encoder` is asked once a type for the function that writes its input as a record's value. */
export function requestTypes(
  app: AnyApp,
  catalogue: Catalogue,
  encoder: (type: string) => (value: unknown) => Buffer,
): RequestTypes {
  const types = Object.entries(app.requests).map(([name, { input, orderingKey }]): RequestType => {
    const topic = catalogue.requests(name)
    const partitions = catalogue.topics.find((each) => each.name === topic)?.partitions ?? app.partitions
    return { name, topic, partitions, input: input.schema, retired: input.retired, orderingKey, encode: encoder(name) }
  })
  return new Map(types.map((type) => [type.name, type]))
}

/** `GET /v1/types`: what can be asked, with the Avro schemas of input and result. */
export function addTypeRoutes(api: Express, guard: RequestHandler, { requests }: AnyApp): void {
  const types = Object.entries(requests).map(([name, { input, result, orderingKey, timeoutMs }]) => ({
    name,
    input: input.schema,
    result: result.schema,
    orderingKey,
    timeoutMs,
    links: { submit: `/v1/requests/${name}` },
  }))
  const body = Buffer.from(JSON.stringify({ types }))
  api
    .route('/v1/types')
    .all(guard)
    .get((_request, response) => sendJson(response, 200, body))
    .all(onlyMethods('GET', 'HEAD'))
}
