// Written by `errand schemas generate` from the .avsc files in this folder. Do not edit.
import type { RecordType } from '../../app/record.ts'

/** One attempt to call a client back. */
export type Delivery = {
  /** 1 at the first. */
  readonly attempt: number
  readonly at: number
  /** Of the callback after this attempt. */
  readonly status: DeliveryStatus
  /** Of the client's HTTP answer. */
  readonly statusCode: null | number
  readonly durationMs: number
  readonly nextAttemptAt: null | number
  /** Why it was not delivered, for operators. */
  readonly reason: null | string
}

export const Delivery: RecordType<Delivery> = {
  name: 'errand.Delivery',
  schema: {
    "type": "record",
    "name": "Delivery",
    "namespace": "errand",
    "doc": "One attempt to call a client back.",
    "fields": [
      { "name": "attempt", "type": "int", "doc": "1 at the first." },
      { "name": "at", "type": { "type": "long", "logicalType": "timestamp-millis" } },
      {
        "name": "status",
        "type": {
          "type": "enum",
          "name": "DeliveryStatus",
          "symbols": ["delivering", "delivered", "failed", "blocked", "disabled"],
        },
        "doc": "Of the callback after this attempt.",
      },
      { "name": "statusCode", "type": ["null", "int"], "default": null, "doc": "Of the client's HTTP answer." },
      { "name": "durationMs", "type": "int" },
      {
        "name": "nextAttemptAt",
        "type": ["null", { "type": "long", "logicalType": "timestamp-millis" }],
        "default": null,
      },
      {
        "name": "reason",
        "type": ["null", "string"],
        "default": null,
        "doc": "Why it was not delivered, for operators.",
      },
    ],
  },
}

export type DeliveryStatus = 'delivering' | 'delivered' | 'failed' | 'blocked' | 'disabled'

/** The answer to a request that could not be granted or that gave up: what the client is told. */
export type Failure = {
  /** For programs, such as `no-flights`. */
  readonly code: string
  /** For people. */
  readonly message: string
  /** JSON text. */
  readonly details: null | string
}

export const Failure: RecordType<Failure> = {
  name: 'errand.Failure',
  schema: {
    "type": "record",
    "name": "Failure",
    "namespace": "errand",
    "doc": "The answer to a request that could not be granted or that gave up: what the client is told.",
    "fields": [
      { "name": "code", "type": "string", "doc": "For programs, such as `no-flights`." },
      { "name": "message", "type": "string", "doc": "For people." },
      { "name": "details", "type": ["null", "string"], "default": null, "doc": "JSON text." },
    ],
  },
}

/** How far a request is. */
export type Progress = {
  readonly kind: ProgressKind
  /** 1 at the first try of a run. */
  readonly attempt: number
  /** Counts the records of one attempt. */
  readonly sequence: number
  readonly at: number
  /** From 0 to 1. */
  readonly fraction: null | number
  readonly message: null | string
  /** Why an attempt failed. */
  readonly code: null | string
}

export const Progress: RecordType<Progress> = {
  name: 'errand.Progress',
  schema: {
    "type": "record",
    "name": "Progress",
    "namespace": "errand",
    "doc": "How far a request is.",
    "fields": [
      {
        "name": "kind",
        "type": { "type": "enum", "name": "ProgressKind", "symbols": ["started", "progressed", "attemptFailed"] },
      },
      { "name": "attempt", "type": "int", "doc": "1 at the first try of a run." },
      { "name": "sequence", "type": "int", "doc": "Counts the records of one attempt." },
      { "name": "at", "type": { "type": "long", "logicalType": "timestamp-millis" } },
      { "name": "fraction", "type": ["null", "double"], "default": null, "doc": "From 0 to 1." },
      { "name": "message", "type": ["null", "string"], "default": null },
      { "name": "code", "type": ["null", "string"], "default": null, "doc": "Why an attempt failed." },
    ],
  },
}

export type ProgressKind = 'started' | 'progressed' | 'attemptFailed'
