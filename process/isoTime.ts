// Times as text. The last one is kept: of thousands of records a second many have the same millisecond, and each of them
// tells it to the log, in a header and in an answer.
let [lastMs, lastText] = [0, '1970-01-01T00:00:00.000Z']

/** RFC 3339 in UTC, to the millisecond. */
export function isoTime(timeMs: number): string {
  if (timeMs !== lastMs) [lastMs, lastText] = [timeMs, new Date(timeMs).toISOString()]
  return lastText
}
