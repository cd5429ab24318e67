// Written by `errand schemas generate` from the .avsc files in this folder. Do not edit.
import type { RecordType } from 'errand'

/** A flight has landed. */
export type FlightLanded = {
  /** Scheduled departure in the origin's local time: 2001/01/31 22:05. */
  readonly date: string
  /** Minutes late on arrival; below zero is early. */
  readonly delay: number
  /** Miles. */
  readonly distance: number
  /** IATA code. */
  readonly origin: string
  /** IATA code. */
  readonly destination: string
}

export const FlightLanded: RecordType<FlightLanded> = {
  name: 'flights.FlightLanded',
  schema: {
    "type": "record",
    "name": "FlightLanded",
    "namespace": "flights",
    "doc": "A flight has landed.",
    "fields": [
      { "name": "date", "type": "string", "doc": "Scheduled departure in the origin's local time: 2001/01/31 22:05." },
      { "name": "delay", "type": "int", "doc": "Minutes late on arrival; below zero is early." },
      { "name": "distance", "type": "int", "doc": "Miles." },
      { "name": "origin", "type": "string", "doc": "IATA code." },
      { "name": "destination", "type": "string", "doc": "IATA code." },
    ],
  },
}

/** How punctual were the flights from an airport? */
export type PunctualityInput = {
  /** IATA code of the origin. */
  readonly airport: string
  /** First day: 2001-01-01. */
  readonly from: string
  /** The day after the last: 2001-02-01. */
  readonly to: string
}

export const PunctualityInput: RecordType<PunctualityInput> = {
  name: 'flights.PunctualityInput',
  schema: {
    "type": "record",
    "name": "PunctualityInput",
    "namespace": "flights",
    "doc": "How punctual were the flights from an airport?",
    "fields": [
      { "name": "airport", "type": "string", "doc": "IATA code of the origin.", "example": "ORD" },
      { "name": "from", "type": "string", "doc": "First day: 2001-01-01.", "example": "2001-01-01" },
      { "name": "to", "type": "string", "doc": "The day after the last: 2001-02-01.", "example": "2001-02-01" },
    ],
  },
}

/** How punctual the flights from an airport were. */
export type PunctualityResult = {
  /** How many left in that time. */
  readonly flights: number
  readonly meanDelayMinutes: number
  /** Minutes that half of the flights were late at most. */
  readonly p50: number
  /** Minutes that 95 of 100 flights were late at most. */
  readonly p95: number
  /** The five latest, latest first. */
  readonly worst: readonly LateFlight[]
  /** The delays, drawn. */
  readonly svg: string
}

export const PunctualityResult: RecordType<PunctualityResult> = {
  name: 'flights.PunctualityResult',
  schema: {
    "type": "record",
    "name": "PunctualityResult",
    "namespace": "flights",
    "doc": "How punctual the flights from an airport were.",
    "fields": [
      { "name": "flights", "type": "int", "doc": "How many left in that time." },
      { "name": "meanDelayMinutes", "type": "double" },
      { "name": "p50", "type": "int", "doc": "Minutes that half of the flights were late at most." },
      { "name": "p95", "type": "int", "doc": "Minutes that 95 of 100 flights were late at most." },
      {
        "name": "worst",
        "doc": "The five latest, latest first.",
        "type": {
          "type": "array",
          "items": {
            "type": "record",
            "name": "LateFlight",
            "fields": [
              { "name": "date", "type": "string", "doc": "Local time: 2001-01-31T22:05." },
              { "name": "destination", "type": "string" },
              { "name": "delayMinutes", "type": "int" },
            ],
          },
        },
      },
      { "name": "svg", "type": "string", "doc": "The delays, drawn." },
    ],
  },
}

export type LateFlight = {
  /** Local time: 2001-01-31T22:05. */
  readonly date: string
  readonly destination: string
  readonly delayMinutes: number
}
