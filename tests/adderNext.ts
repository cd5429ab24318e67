// The adder's next version: it doubles as well. For deploys in which both versions run side by side, and for roll-backs.
import { defineApp, type RecordType, request } from '../app/index.ts'
import adder from './adder.ts'

type Doubled = { readonly n: number }

const Doubled: RecordType<Doubled> = {
  name: 'adder.Doubled',
  schema: { type: 'record', name: 'Doubled', namespace: 'adder', fields: [{ name: 'n', type: 'int' }] },
}

export default defineApp({
  ...adder,
  requests: { ...adder.requests, double: request(Doubled, Doubled, async ({ n }) => ({ n: 2 * n })) },
})
