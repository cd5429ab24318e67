// Written by `errand schemas generate` from the .avsc files in this folder. Do not edit.
import type { RecordType } from '../../app/record.ts'

/** What an operator has told the members of a group. It counts until it is changed; a tombstone takes all of it back. */
export type Control = {
  /** Nothing more is started; what runs goes on. */
  readonly paused: boolean
  /** Handlers at once in each process; null = as the process was started. */
  readonly concurrency: null | number
  readonly at: Date
}

/** A Control that is to be written: what has a default may be left out. */
export type ControlInit = {
  /** Nothing more is started; what runs goes on. */
  readonly paused: boolean
  /** Handlers at once in each process; null = as the process was started. */
  readonly concurrency?: null | number
  readonly at: Date
}

export const Control: RecordType<Control, ControlInit> = {
  name: 'errand.Control',
  schema: {
    "type": "record",
    "name": "Control",
    "namespace": "errand",
    "doc": "What an operator has told the members of a group. It counts until it is changed; a tombstone takes all of it back.",
    "fields": [
      { "name": "paused", "type": "boolean", "doc": "Nothing more is started; what runs goes on." },
      {
        "name": "concurrency",
        "type": ["null", "int"],
        "default": null,
        "doc": "Handlers at once in each process; null = as the process was started.",
      },
      { "name": "at", "type": { "type": "long", "logicalType": "timestamp-millis" } },
    ],
  },
}

/** What has become of a dead letter, under the letter's id; or, under `redrive/<its id>`, what an operator has done as a whole. */
export type DeadState = {
  /** Parked: it has been redriven so often that it needs somebody who names it. */
  readonly kind: DeadStateKind
  readonly at: Date
  /** Who did it. */
  readonly by: string
  /** The id of what was done: all letters of one redrive or skip have the same. */
  readonly action: string
  /** Its value was edited before it was sent. */
  readonly edited: boolean
  /** Of an audit: which letters, as JSON. */
  readonly filter: null | string
  /** Of an audit: how many. */
  readonly letters: null | number
}

/** A DeadState that is to be written: what has a default may be left out. */
export type DeadStateInit = {
  /** Parked: it has been redriven so often that it needs somebody who names it. */
  readonly kind: DeadStateKind
  readonly at: Date
  /** Who did it. */
  readonly by: string
  /** The id of what was done: all letters of one redrive or skip have the same. */
  readonly action: string
  /** Its value was edited before it was sent. */
  readonly edited?: boolean
  /** Of an audit: which letters, as JSON. */
  readonly filter?: null | string
  /** Of an audit: how many. */
  readonly letters?: null | number
}

export const DeadState: RecordType<DeadState, DeadStateInit> = {
  name: 'errand.DeadState',
  schema: {
    "type": "record",
    "name": "DeadState",
    "namespace": "errand",
    "doc": "What has become of a dead letter, under the letter's id; or, under `redrive/<its id>`, what an operator has done as a whole.",
    "fields": [
      {
        "name": "kind",
        "type": { "type": "enum", "name": "DeadStateKind", "symbols": ["redriven", "skipped", "parked", "audit"] },
        "doc": "Parked: it has been redriven so often that it needs somebody who names it.",
      },
      { "name": "at", "type": { "type": "long", "logicalType": "timestamp-millis" } },
      { "name": "by", "type": "string", "doc": "Who did it." },
      {
        "name": "action",
        "type": "string",
        "doc": "The id of what was done: all letters of one redrive or skip have the same.",
      },
      { "name": "edited", "type": "boolean", "default": false, "doc": "Its value was edited before it was sent." },
      { "name": "filter", "type": ["null", "string"], "default": null, "doc": "Of an audit: which letters, as JSON." },
      { "name": "letters", "type": ["null", "int"], "default": null, "doc": "Of an audit: how many." },
    ],
  },
}

export type DeadStateKind = 'redriven' | 'skipped' | 'parked' | 'audit'

/** One attempt to call a client back. */
export type Delivery = {
  /** 1 at the first. */
  readonly attempt: number
  readonly at: Date
  /** Of the callback after this attempt. */
  readonly status: DeliveryStatus
  /** Of the client's HTTP answer. */
  readonly statusCode: null | number
  readonly durationMs: number
  readonly nextAttemptAt: null | Date
  /** Why it was not delivered, for operators. */
  readonly reason: null | string
}

/** A Delivery that is to be written: what has a default may be left out. */
export type DeliveryInit = {
  /** 1 at the first. */
  readonly attempt: number
  readonly at: Date
  /** Of the callback after this attempt. */
  readonly status: DeliveryStatus
  /** Of the client's HTTP answer. */
  readonly statusCode?: null | number
  readonly durationMs: number
  readonly nextAttemptAt?: null | Date
  /** Why it was not delivered, for operators. */
  readonly reason?: null | string
}

export const Delivery: RecordType<Delivery, DeliveryInit> = {
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

/** A Failure that is to be written: what has a default may be left out. */
export type FailureInit = {
  /** For programs, such as `no-flights`. */
  readonly code: string
  /** For people. */
  readonly message: string
  /** JSON text. */
  readonly details?: null | string
}

export const Failure: RecordType<Failure, FailureInit> = {
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

/** What a process holds and works on, told every two seconds. */
export type Member = {
  readonly host: string
  readonly pid: number
  readonly startedAt: Date
  readonly at: Date
  readonly groups: readonly MemberGroup[]
}

/** A Member that is to be written: what has a default may be left out. */
export type MemberInit = {
  readonly host: string
  readonly pid: number
  readonly startedAt: Date
  readonly at: Date
  readonly groups: readonly MemberGroupInit[]
}

export const Member: RecordType<Member, MemberInit> = {
  name: 'errand.Member',
  schema: {
    "type": "record",
    "name": "Member",
    "namespace": "errand",
    "doc": "What a process holds and works on, told every two seconds.",
    "fields": [
      { "name": "host", "type": "string" },
      { "name": "pid", "type": "int" },
      { "name": "startedAt", "type": { "type": "long", "logicalType": "timestamp-millis" } },
      { "name": "at", "type": { "type": "long", "logicalType": "timestamp-millis" } },
      {
        "name": "groups",
        "type": {
          "type": "array",
          "items": {
            "type": "record",
            "name": "MemberGroup",
            "fields": [
              { "name": "group", "type": "string", "doc": "The consumer group's id." },
              {
                "name": "state",
                "type": {
                  "type": "enum",
                  "name": "MemberState",
                  "symbols": ["joining", "joined", "stopping", "failed"],
                },
              },
              { "name": "paused", "type": "boolean" },
              { "name": "concurrency", "type": "int", "doc": "Handlers at once." },
              { "name": "running", "type": "int", "doc": "Handlers now." },
              { "name": "perSecond", "type": "double", "doc": "Records done since the report before." },
              {
                "name": "partitions",
                "type": {
                  "type": "array",
                  "items": {
                    "type": "record",
                    "name": "MemberPartition",
                    "fields": [
                      { "name": "topic", "type": "string" },
                      { "name": "partition", "type": "int" },
                      {
                        "name": "position",
                        "type": ["null", "long"],
                        "doc": "The next offset to commit; null while it is being loaded.",
                      },
                      { "name": "inHand", "type": "int", "doc": "Records taken and not done." },
                      { "name": "full", "type": "boolean", "doc": "Its window is full: nothing more is taken." },
                      {
                        "name": "oldestAt",
                        "type": ["null", { "type": "long", "logicalType": "timestamp-millis" }],
                        "doc": "When the oldest record in hand was written.",
                      },
                      {
                        "name": "lowest",
                        "type": [
                          "null",
                          {
                            "type": "record",
                            "name": "InHand",
                            "doc": "A record in hand. It runs, waits for its next attempt, or waits for its turn.",
                            "fields": [
                              { "name": "topic", "type": "string" },
                              { "name": "partition", "type": "int" },
                              { "name": "offset", "type": "long" },
                              { "name": "id", "type": "string" },
                              { "name": "key", "type": ["null", "string"] },
                              { "name": "attempt", "type": "int", "doc": "The one that runs or comes next." },
                              {
                                "name": "runningSince",
                                "type": ["null", { "type": "long", "logicalType": "timestamp-millis" }],
                              },
                              {
                                "name": "nextTryAt",
                                "type": ["null", { "type": "long", "logicalType": "timestamp-millis" }],
                              },
                            ],
                          },
                        ],
                        "doc": "What the commit waits for.",
                      },
                    ],
                  },
                },
              },
              {
                "name": "working",
                "type": { "type": "array", "items": "InHand" },
                "doc": "What runs, the longest first, twenty at most.",
              },
              {
                "name": "heldUntil",
                "type": ["null", { "type": "long", "logicalType": "timestamp-millis" }],
                "default": null,
                "doc": "A dependency of the handler is down: nothing more starts before, and then one alone.",
              },
            ],
          },
        },
      },
    ],
  },
}

export type MemberGroup = {
  /** The consumer group's id. */
  readonly group: string
  readonly state: MemberState
  readonly paused: boolean
  /** Handlers at once. */
  readonly concurrency: number
  /** Handlers now. */
  readonly running: number
  /** Records done since the report before. */
  readonly perSecond: number
  readonly partitions: readonly MemberPartition[]
  /** What runs, the longest first, twenty at most. */
  readonly working: readonly InHand[]
  /** A dependency of the handler is down: nothing more starts before, and then one alone. */
  readonly heldUntil: null | Date
}

/** A MemberGroup that is to be written: what has a default may be left out. */
export type MemberGroupInit = {
  /** The consumer group's id. */
  readonly group: string
  readonly state: MemberState
  readonly paused: boolean
  /** Handlers at once. */
  readonly concurrency: number
  /** Handlers now. */
  readonly running: number
  /** Records done since the report before. */
  readonly perSecond: number
  readonly partitions: readonly MemberPartition[]
  /** What runs, the longest first, twenty at most. */
  readonly working: readonly InHand[]
  /** A dependency of the handler is down: nothing more starts before, and then one alone. */
  readonly heldUntil?: null | Date
}

export type MemberState = 'joining' | 'joined' | 'stopping' | 'failed'

export type MemberPartition = {
  readonly topic: string
  readonly partition: number
  /** The next offset to commit; null while it is being loaded. */
  readonly position: null | number
  /** Records taken and not done. */
  readonly inHand: number
  /** Its window is full: nothing more is taken. */
  readonly full: boolean
  /** When the oldest record in hand was written. */
  readonly oldestAt: null | Date
  /** What the commit waits for. */
  readonly lowest: null | InHand
}

/** A record in hand. It runs, waits for its next attempt, or waits for its turn. */
export type InHand = {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly id: string
  readonly key: null | string
  /** The one that runs or comes next. */
  readonly attempt: number
  readonly runningSince: null | Date
  readonly nextTryAt: null | Date
}

/** How far a request is. */
export type Progress = {
  readonly kind: ProgressKind
  /** 1 at the first try of a run. */
  readonly attempt: number
  /** Counts the records of one attempt. */
  readonly sequence: number
  readonly at: Date
  /** From 0 to 1. */
  readonly fraction: null | number
  readonly message: null | string
  /** Why an attempt failed. */
  readonly code: null | string
}

/** A Progress that is to be written: what has a default may be left out. */
export type ProgressInit = {
  readonly kind: ProgressKind
  /** 1 at the first try of a run. */
  readonly attempt: number
  /** Counts the records of one attempt. */
  readonly sequence: number
  readonly at: Date
  /** From 0 to 1. */
  readonly fraction?: null | number
  readonly message?: null | string
  /** Why an attempt failed. */
  readonly code?: null | string
}

export const Progress: RecordType<Progress, ProgressInit> = {
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
