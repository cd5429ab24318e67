// An app in its first version, for tests in which it runs beside its next (landerNext.ts): what was asked and what was sent
// tell the version that wrote it, and whoever handles it tells what he has got.
import { type AvroSchema, type Context, defineApp, event, type RecordType, request, subscriber } from '../app/index.ts'

/** What `land` is asked, in either version. */
type Asked = { readonly flight: string; readonly writer: string }
type Answer = { readonly by: string; readonly got: string; readonly note?: string }

const record = <T>(name: string, fields: readonly AvroSchema[]): RecordType<T> => ({
  name: `lander.${name}`,
  schema: { type: 'record', name, namespace: 'lander', fields },
})
const text = (name: string, rest: object = {}): AvroSchema => ({ name, type: 'string', ...rest })

export type Fields = {
  /** Of input and event, beside those that both versions have. */
  readonly own: AvroSchema
  /** Of the result. */
  readonly answered: readonly AvroSchema[]
}

/** The app with the fields of one version. */
export function lander(version: 'v1' | 'v2', { own, answered }: Fields) {
  const Input = record<Asked>('Input', [text('flight'), text('writer'), own])
  const Result = record<Answer>('Result', [text('by'), text('got'), ...answered])
  const Event = record<Asked>('Landed', [text('flight'), text('writer'), own])
  const landed = event('landed', Event, { key: ({ flight }) => flight })
  return defineApp({
    ...{ name: 'lander', partitions: 4, events: [landed] },
    subscribers: {
      tower: subscriber(
        landed,
        async (got: Asked, { log }: Context) => {
          log.info('landed.seen', { by: version, writer: got.writer, got: JSON.stringify(got) })
        },
        { from: 'earliest' },
      ),
    },
    requests: {
      land: request(Input, Result, async (got, { send }) => {
        send(landed, { ...got, writer: version, ...sentBy[version] } as unknown as Asked)
        return { by: version, got: JSON.stringify(got), ...noteOf[version] }
      }),
    },
  })
}

const sentBy = { v1: { pilot: 'Ann' }, v2: { gate: 'D7' } }
const noteOf = { v1: { remark: 'fine' }, v2: { wind: 3 } }

export default lander('v1', {
  own: text('pilot', { default: 'nobody' }),
  answered: [text('remark', { default: '' })],
})
