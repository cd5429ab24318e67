// A blast radius for programs: what is not known is null, never absent.

import { isoTime } from '../../process/isoTime.ts'
import type { Blast, Counts } from '../../schemas/gate/blast.ts'

export const blastView = ({ topic, proposals, isWhole, sinceMs, records, letters, handlers }: Blast) => ({
  topic,
  whole: isWhole,
  since: sinceMs === undefined ? null : isoTime(sinceMs),
  proposals: proposals.map(({ series, version, released = null }) => ({ series, version, released })),
  records: countsView(records),
  letters: letters.map(({ group, ...counts }) => ({ group, ...countsView(counts) })),
  handlers,
})

const countsView = ({ span, writers, reasons, ...counts }: Counts) => ({
  ...counts,
  from: span ? isoTime(span.fromMs) : null,
  to: span ? isoTime(span.toMs) : null,
  writers: writers.map(({ id, name, version = null, series = null, records }) => ({
    id,
    name,
    series,
    version,
    records,
  })),
  reasons: reasons.map(({ type, at, message, hint = null, series = null, records, broken, example }) => ({
    ...{ type, at, message, hint, series, records, broken },
    example: { topic: example.topic, partition: example.partition, offset: String(example.offset) },
  })),
})
