// `errand receive`: shows the callbacks that arrive on a port of this machine, each checked against the callback secret.
import { Command } from 'commander'
import { ErrandError } from '../app/errors.ts'
import { aborted, shutdownSignal } from '../process/lifecycle.ts'
import { callbackJson, callbackLine } from './callbackLine.ts'
import { type ReceivedCallback, startReceiver } from './receiver.ts'
import { wholeNumber } from './wholeNumber.ts'

type Options = { readonly port: number; readonly secret?: string; readonly json?: boolean; readonly fail: number }

export function receiveVerb(): Command {
  return new Command('receive')
    .description('receive callbacks on this machine, check their signatures and show them')
    .option('--port <number>', 'where to listen on 127.0.0.1; 0 = any free port', wholeNumber, 4000)
    .option('--secret <whsec_…>', 'the callback secret (default: ERRAND_CALLBACK_SECRET)')
    .option('--json', 'one line of JSON a callback')
    .option(
      '--fail <times>',
      'answer 500 to the first so many deliveries of each callback, to see retries: after 5 s, 5 min, 30 min, … (docs/callbacks.md)',
      wholeNumber,
      0,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  errand receive\n  errand receive --port 4001 --fail 2\n  errand receive --json >> callbacks.ndjson',
    )
    .action(receive)
}

async function receive({ port, secret, json = false, fail }: Options): Promise<void> {
  using shutdown = shutdownSignal()
  const seen = tally()
  const show = json ? callbackJson : callbackLine
  const onCallback = (callback: ReceivedCallback): void => {
    seen.count(callback)
    console.log(show(callback))
  }
  const receiver = await startReceiver({ port, secret: secret ?? secretOfEnvironment(), failures: fail, onCallback })
  console.error(`receiving callbacks at ${receiver.url}/ until Ctrl-C`)
  await aborted(shutdown.signal)
  await receiver.close()
  console.error(seen.summary())
}

function secretOfEnvironment(): string {
  const secret = process.env.ERRAND_CALLBACK_SECRET
  if (secret) return secret
  const remedy = 'give --secret, or set ERRAND_CALLBACK_SECRET to what `npm start` prints'
  throw new ErrandError('no-secret', `callbacks cannot be verified without the callback secret: ${remedy}`)
}

/** Counts, without keeping bodies: a receiver may run for days. */
function tally(): { readonly count: (callback: ReceivedCallback) => void; readonly summary: () => string } {
  const answers = { 204: 0, 400: 0, 500: 0 }
  const ids = new Set<string>()
  return {
    count: ({ statusCode, verification }) => {
      answers[statusCode] += 1
      if (verification.kind === 'verified') ids.add(verification.id)
    },
    summary: () =>
      `${ids.size} callbacks verified; deliveries: ${answers[204]} taken, ${answers[500]} failed on purpose, ${answers[400]} not verified`,
  }
}
