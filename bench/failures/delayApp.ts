// The app of `bench failures`' part on delay: somebody whose records wait.
import { type AvroSchema, defineApp, type RecordType, request } from '../../app/index.ts'

const schema: AvroSchema = { type: 'record', name: 'Empty', namespace: 'waiting', fields: [] }
const Empty: RecordType<Record<string, never>> = { name: 'waiting.Empty', schema }

export default defineApp({
  name: 'waiting',
  partitions: 6,
  requests: { wait: request(Empty, Empty, async () => ({})) },
})
