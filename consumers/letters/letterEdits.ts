// Values that an operator has edited: JSON, checked against the app's own record of what the group handles, to bytes.
import { ErrandError } from '../../app/errors.ts'
import type { RecordType } from '../../app/record.ts'
import { controlName, type Group } from '../../kafka/catalogue.ts'
import type { Encode } from '../../schemas/codec.ts'
import { eventEncoder } from '../../schemas/eventValue.ts'
import { parseJson } from '../../schemas/json/json.ts'
import type { Platform } from '../role.ts'

type Editing = Pick<Platform, 'app' | 'catalogue' | 'codec'>

/** By letter id. Rejects with `not-editable`, with `invalid-edit`, which names every place, and as the codec does. */
export async function encodeEdits(
  editing: Editing,
  group: Group,
  edited: ReadonlyMap<string, unknown> = new Map(),
): Promise<ReadonlyMap<string, Buffer>> {
  if (edited.size === 0) return new Map()
  const { record, encode } = await formOf(editing, group)
  return new Map(
    [...edited].map(([id, json]) => {
      const parsed = parseJson(record.schema, json)
      if (parsed.kind === 'valid') return [id, encode(parsed.value)] as const
      const places = parsed.problems.map(({ pointer, message }) => `${pointer || '/'} ${message}`).join('; ')
      throw new ErrandError('invalid-edit', `the edited value of ${id} is no ${record.name}: ${places}`)
    }),
  )
}

async function formOf(
  { app, catalogue, codec }: Editing,
  group: Group,
): Promise<{ readonly record: RecordType; readonly encode: Encode<unknown> }> {
  const { role, name } = group
  const request = role === 'workers' ? app.requests[name] : undefined
  if (request) {
    const encode = await codec.encoder(`${catalogue.requests(name)}-value`, request.input)
    return { record: request.input, encode: encode as Encode<unknown> }
  }
  const subscriber = role === 'subscribers' ? app.subscribers[name] : undefined
  if (!subscriber)
    throw new ErrandError(
      'not-editable',
      role === 'callbacks'
        ? 'what a client has been promised is not edited: a callback is sent as it was rendered when its result was claimed'
        : `letters of ${controlName(group)} are records of other groups, and are not edited`,
    )
  const { event } = subscriber
  return { record: event.record, encode: await eventEncoder(codec, event, catalogue.event(event.name)) }
}
