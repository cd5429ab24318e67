// The published entry `errand`: what an app is declared with.
export { type AnyApp, type App, type AppDefinition, defineApp, type ResourcesInput } from './app.ts'
export type { Context, EventHandler, Logger, RequestHandler } from './context.ts'
export { ErrandError, PermanentError, RejectedError, UnavailableError } from './errors.ts'
export { type Event, type EventSource, event, type Format } from './event.ts'
export type { AvroSchema, RecordType } from './record.ts'
export { type Request, type RequestOptions, request } from './request.ts'
export type { RetryPolicy } from './retry.ts'
export { type StartPosition, type Subscriber, type SubscriberOptions, subscriber } from './subscriber.ts'
