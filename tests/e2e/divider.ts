// A small app whose handler needs a file to be there, as others need a partner: `divide` fails until it is, and never divides by 0.
import { existsSync } from 'node:fs'
import { type AvroSchema, defineApp, PermanentError, type RecordType, request } from '../../app/index.ts'

type Divide = { readonly a: number; readonly b: number }
type Divided = { readonly quotient: number }

const record = <T>(name: string, fields: AvroSchema[]): RecordType<T> => ({
  name: `divider.${name}`,
  schema: { type: 'record', name, namespace: 'divider', fields },
})
const Divide = record<Divide>('Divide', [
  { name: 'a', type: 'int' },
  { name: 'b', type: 'int' },
])
const Divided = record<Divided>('Divided', [{ name: 'quotient', type: 'double' }])

export default defineApp({
  name: 'divider',
  partitions: 4,
  requests: {
    divide: request(
      Divide,
      Divided,
      async ({ a, b }) => {
        if (b === 0) throw new PermanentError(`${a} cannot be divided by 0`)
        if (!existsSync(process.env.DIVIDER_MENDED ?? '')) throw new Error('the divider is out of order')
        return { quotient: a / b }
      },
      { retry: { attempts: 2, firstWaitMs: 10 } },
    ),
  },
})
