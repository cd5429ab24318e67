// An app whose reader of `noted` cannot read what another producer writes, until it is fixed: FIXED is set.
import { type Context, defineApp, event, type RecordType, subscriber } from '../../../app/index.ts'

type Noted = { readonly text: string; readonly level: number }

const Noted: RecordType<Noted> = {
  name: 'fixable.Noted',
  schema: {
    ...{ type: 'record', name: 'Noted', namespace: 'fixable' },
    fields: [
      { name: 'text', type: 'string' },
      { name: 'level', type: 'int', ...(process.env.FIXED ? { default: 7 } : {}) },
    ],
  },
}

const noted = event('noted', Noted, { key: ({ text }) => text })

export default defineApp({
  name: 'fixable',
  partitions: 2,
  events: [noted],
  subscribers: {
    reader: subscriber(
      noted,
      async ({ text, level }: Noted, { log }: Context) => log.info('noted.seen', { text, level: String(level) }),
      { from: 'earliest' },
    ),
  },
})
