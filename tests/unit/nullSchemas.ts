// The platform's schemas for tests in which only their subjects matter.
import type { PlatformSchemas } from '../../kafka/subjects.ts'

export const nullSchemas: PlatformSchemas = {
  failure: 'null',
  progress: 'null',
  delivery: 'null',
  member: 'null',
  control: 'null',
  deadState: 'null',
}
