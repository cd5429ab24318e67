// The published entry `errand/api`: what the API answers, for programs that ask it.
export type { ProblemCode } from './problems.ts'
export type { CallbackResource, RequestResource, RequestStatus } from './resource.ts'
