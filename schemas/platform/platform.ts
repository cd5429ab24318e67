// The platform's own records, which lie on the app's topics beside the app's.
import type { PlatformSchemas } from '../../kafka/subjects.ts'
import { Control, DeadState, Delivery, Failure, Member, Progress } from './generated.ts'

export const platformSchemas = {
  failure: Failure.schema,
  progress: Progress.schema,
  delivery: Delivery.schema,
  member: Member.schema,
  control: Control.schema,
  deadState: DeadState.schema,
} satisfies PlatformSchemas
