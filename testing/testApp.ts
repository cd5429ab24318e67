// A whole app in one process and no time: workers, subscribers, status and callbacks on the log in memory, under a clock that
// moves only to the next thing that waits for it. What happens is written down and judged (history.ts), and, where it is
// asked for, much goes wrong on the way: the same for the same seed.

import type { App, Requests, ResourcesInput } from '../app/app.ts'
import type { Event } from '../app/event.ts'
import type { RecordType } from '../app/record.ts'
import { seeded, underChance } from '../process/chance.ts'
import type { Clock } from '../process/clock.ts'
import { silentLog } from '../process/log.ts'
import type { DeadLetter } from './deadLetters.ts'
import type { Faults } from './faults.ts'
import type { HistoryEvent, Judgement } from './history.ts'
import type { IncomingCallback, Sent } from './sent.ts'
import { Simulation } from './simulation.ts'
import type { SimulatedInput } from './simulationParts.ts'
import type { SubmitOptions } from './submitting.ts'

export type TestAppOptions<Resources> = {
  /** What the handlers share; opened once, and disposed with the test. Default: the app's own, with an empty environment. */
  readonly resources?: (input: ResourcesInput & SimulatedInput) => Resources | Promise<Resources>
  /** Whatever is left to chance comes from it: the same seed is the same run. Default 1. */
  readonly seed?: number
  /** Lets things go wrong: `{}` for some of everything, or say how much of what. */
  readonly faults?: Partial<Faults>
  /** Answers callbacks: with a status code, or with none as a receiver that is down. Default: takes all with 204. */
  readonly receiver?: (callback: IncomingCallback) => number | undefined
}

type InputOf<Type> = Type extends { readonly input: RecordType<unknown, infer Init> } ? Init : never
type ResultOf<Type> = Type extends { readonly result: RecordType<infer Result, unknown> } ? Result : never

export type TestApp<Types> = {
  /** Virtual: handlers that wait by it wait for no real time. */
  readonly clock: Clock
  /** Asks for a request, with a callback. Resolves when the log has it, as `202` does; rejects with `invalid-request`. */
  submit<Name extends keyof Types & string>(
    type: Name,
    data: NoInfer<InputOf<Types[Name]>>,
    options?: SubmitOptions,
  ): Promise<Sent<ResultOf<Types[Name]>>>
  /** Writes an event of the app. Resolves with its id when the log has it. */
  produce<T, Init>(event: Event<T, Init>, record: NoInfer<Init>): Promise<string>
  /**
   * Lets time pass until nothing is left to do, and judges what has happened. Rejects with `unsettled`, which says what is
   * left, where that does not come to an end, and with `broken-promise` where the history shows a fault.
   */
  settled(): Promise<Judgement>
  /** What has happened so far, as `judge` takes it. */
  history(): Promise<readonly HistoryEvent[]>
  /** What was given up so far. */
  deadLetters(): Promise<readonly DeadLetter[]>
} & AsyncDisposable

/** Starts the app. Dispose of it at the end of the test: `await using errand = await testApp(app)`. */
export async function testApp<Resources, Types extends Requests<Resources>>(
  app: App<Resources, Types>,
  { resources = app.resources, seed = 1, faults, receiver }: TestAppOptions<Resources> = {},
): Promise<TestApp<Types>> {
  const own = seeded(seed)
  const simulation = await underChance(own, () =>
    Simulation.start(app as unknown as App, {
      resources: (input) => resources({ env: {}, log: silentLog, ...input }),
      seed,
      faults,
      receiver,
    }),
  )
  return {
    clock: simulation.clock,
    submit: async (type, data, options) => {
      const sent = await underChance(own, () => simulation.submit(type, data, options))
      return sent as Sent<ResultOf<Types[typeof type]>>
    },
    produce: (event, record) => underChance(own, () => simulation.produce(event, record)),
    settled: () => underChance(own, () => simulation.settled()),
    history: () => simulation.history(),
    deadLetters: () => simulation.deadLetters(),
    [Symbol.asyncDispose]: () => underChance(own, () => simulation.close()),
  }
}
