// What a handler is given beside its record.
import type { Event } from './event.ts'

/** Writes one JSON line. `event` is `noun.verb` in the past tense; never put payloads or secrets in `fields`. */
export type LogLine = (event: string, fields?: Readonly<Record<string, unknown>>) => void

export type Logger = {
  readonly debug: LogLine
  readonly info: LogLine
  readonly warn: LogLine
  readonly error: LogLine
  /** The same log with these fields on every line. */
  child(fields: Readonly<Record<string, unknown>>): Logger
}

export type Context<Resources = unknown> = {
  /** The request's id, or the event's (`ce_id`; where the producer gave none, topic/partition/offset). */
  readonly id: string
  /** The record's key as text; null where it has none. */
  readonly key: string | null
  /** 1 at the first try of this run. */
  readonly attempt: number
  /** 1 when submitted; each redrive starts the next. */
  readonly run: number
  /** The producer's own headers as text, without the platform's. */
  readonly headers: Readonly<Record<string, string>>
  /** Aborts at the attempt's timeout, at the deadline, when the partition has moved, and when shutdown's grace is over. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly resources: Resources
  /** Tells the client how far this is: `fraction` from 0 to 1. Two a second are sent on, the rest are merged. */
  progress(fraction: number, message?: string): void
  /**
   * Collects an event. What was collected leaves when the handler has succeeded, before its result, under ids derived from
   * this message's, so that a second run repeats them recognisably. What a failed attempt collected is dropped.
   */
  send<T, Init>(event: Event<T, Init>, record: NoInfer<Init>): void
}

/** A request type's work: a plain function from its input to its result. It throws to fail (see errors.ts). */
export type RequestHandler<Input, Result, Resources> = (input: Input, context: Context<Resources>) => Promise<Result>

/** A subscriber's work. */
export type EventHandler<T, Resources> = (record: T, context: Context<Resources>) => Promise<void>
