// `errand produce <event> [file]`: the lines of an NDJSON file become events.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { Command } from 'commander'
import { ErrandError } from '../app/errors.ts'
import { type AnyEvent, isKeyed, type KeyedEvent } from '../app/event.ts'
import { shutdownSignal } from '../process/lifecycle.ts'
import { splitLines } from '../producers/lines.ts'
import { type BadLine, type ProduceSummary, produceRecords } from '../producers/ndjson.ts'
import { eventEncoder } from '../schemas/eventValue.ts'
import { checkRegistry } from '../schemas/registry/registryCheck.ts'
import { progress } from './progress.ts'
import { openSystem } from './system.ts'

type Options = { readonly app: string; readonly json?: boolean }

export function produceVerb(): Command {
  return new Command('produce')
    .description('send the lines of an NDJSON file as events')
    .argument('<event>', "an event of the app, by its name: 'flight.landed'")
    .argument('[file]', 'one JSON record a line; - reads standard input', '-')
    .option('--app <file>', "the app's module", 'app.ts')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', help)
    .action(produce)
}

const help = `
Examples:
  errand produce flight.landed flights.ndjson
  errand produce flight.landed flights.ndjson --json > summary.json
  zcat flights.ndjson.gz | errand produce flight.landed --app app.ts

Every line is checked against the event's schema; a bad one is reported by its number, with every problem, and the others
are sent. Records of one key keep their order. Ctrl-C stops reading and waits for what is on its way.
Exit code 1: some lines were bad. 2: usage, configuration or Kafka. 130: Ctrl-C.`

async function produce(name: string, file: string, { app, json = false }: Options): Promise<void> {
  using shutdown = shutdownSignal()
  const source = await openInput(file)
  await using system = await openSystem(app, { clientId: 'produce', logLevel: 'error' })
  const event = findEvent(system.app.events, name)
  const topic = system.catalogue.event(name)
  await system.kafka.admin.partitions(topic)
  await checkRegistry(system.config.registry)
  const encode = await eventEncoder(system.codec, event, topic)
  const shown = progress({ total: source.totalBytes })
  const summary = await produceRecords({
    lines: splitLines(addAbortSignal(shutdown.signal, source.input)),
    event,
    topic,
    source: system.catalogue.source,
    encode,
    producer: system.producer,
    onBadLine: (line) => describe(line).forEach(shown.say),
    onProgress: ({ sent, refused }) => shown.update(source.readBytes(), `${sent} sent, ${refused} refused`),
    signal: shutdown.signal,
  })
  shown[Symbol.dispose]()
  print(summary, json)
  if (summary.end.kind === 'failed') {
    await system.producer.close(AbortSignal.abort()) // it has been waited for long enough
    throw summary.end.error
  }
  process.exitCode = summary.end.kind === 'interrupted' ? 130 : summary.refused > 0 ? 1 : 0
}

type Input = { readonly input: Readable; readonly totalBytes: number | undefined; readonly readBytes: () => number }

async function openInput(file: string): Promise<Input> {
  if (file === '-') return { input: process.stdin, totalBytes: undefined, readBytes: () => 0 }
  const found = await stat(file).catch((cause: Error) => {
    throw new ErrandError('no-file', `cannot read ${file}: ${cause.message}`, { cause })
  })
  if (found.isDirectory())
    throw new ErrandError('no-file', `${file} is a folder; name an NDJSON file, or - for standard input`)
  const input = createReadStream(file)
  return { input, totalBytes: found.isFile() ? found.size : undefined, readBytes: () => input.bytesRead }
}

function findEvent(events: readonly AnyEvent[], name: string): KeyedEvent {
  const event = events.find((each) => each.name === name)
  if (event && isKeyed(event)) return event
  if (event)
    throw new ErrandError(
      'event-only-read',
      `the app only reads "${name}": to send it, declare its { key } in event(…)`,
    )
  const known = events.map((each) => each.name).join(', ') || 'none'
  throw new ErrandError('unknown-event', `the app has no event "${name}"; its events: ${known}`)
}

const describe = ({ number, problems }: BadLine): readonly string[] =>
  problems.map(({ pointer, message }) => `line ${number}: ${pointer ? `${pointer} ` : ''}${message}`)

function print({ sent, refused, seconds, recordsPerSecond, end }: ProduceSummary, json: boolean): void {
  const took = `${seconds.toFixed(1)} s, ${recordsPerSecond} records/s`
  const ended = end.kind === 'complete' ? '' : `, ${end.kind}`
  if (json) console.log(JSON.stringify({ sent, refused, seconds, recordsPerSecond, end: end.kind }))
  else console.log(`${sent} sent, ${refused} refused in ${took}${ended}`)
}
