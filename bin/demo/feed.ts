// Streams the flights into `flight.landed`, as `errand produce` would.
import { isKeyed } from '../../app/event.ts'
import { produceRecords } from '../../producers/ndjson.ts'
import { progress } from '../progress.ts'
import type { System } from '../system.ts'
import type { Flight } from './dataset.ts'

/** Resolves with how many events the broker has acknowledged. */
export async function feed({
  system,
  flights,
  signal,
}: {
  readonly system: System
  readonly flights: readonly Flight[]
  readonly signal: AbortSignal
}): Promise<number> {
  const { app, catalogue, codec, producer } = system
  const event = app.events.find(({ name }) => name === 'flight.landed')
  if (!event || !isKeyed(event)) throw new Error('the app has no event flight.landed')
  using shown = progress({ total: flights.length })
  const encode = await codec.encoder(`${catalogue.event(event.name)}-value`, event.record)
  const { sent, end } = await produceRecords({
    lines: lines(flights),
    event,
    topic: catalogue.event(event.name),
    source: catalogue.source,
    producer,
    encode,
    signal,
    onProgress: ({ sent }) => shown.update(sent, `${sent}/${flights.length} events produced`),
    onBadLine: ({ number }) => console.error(`flight ${number} does not fit its schema`),
  })
  if (end.kind === 'failed') throw end.error
  return sent
}

async function* lines(flights: readonly Flight[]): AsyncGenerator<string> {
  for (const flight of flights) yield JSON.stringify(flight)
}
