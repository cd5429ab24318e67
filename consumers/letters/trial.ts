// A trial: a few letters have been redriven, and before the rest follows it is seen what becomes of them. A copy has died when a
// letter of its next round lies in the dead topic; else, once its group has passed it, it has been handled, or, if it was a
// request, what its run has left on `results` tells how it ended.
import { ErrandError } from '../../app/errors.ts'
import { controlName, type FailingGroup } from '../../kafka/catalogue.ts'
import { readHeaders } from '../../kafka/headers.ts'
import { readWaiting } from '../../kafka/journey.ts'
import type { LogRecord } from '../../kafka/log.ts'
import { tiers } from '../../kafka/tiers.ts'
import { Failure } from '../../schemas/platform/generated.ts'
import { readCommitMetadata } from '../commitMetadata.ts'
import type { Platform } from '../role.ts'
import { type Letter, letterId, nextLetterId, type PlaceInLog, readLetter } from './letter.ts'
import { runOfCopy } from './letterPlan.ts'
import { News } from './news.ts'

export type Ending = 'succeeded' | 'handled' | 'rejected' | 'died' | 'putOff' | 'none'

type TrialNews = {
  readonly retry: News
  readonly dead: News
  readonly results: News | undefined
  readonly tiers: readonly News[]
}

/** What became of a letter of a trial. `none`: nothing yet, in the time that it was given. */
export type TrialVerdict = { readonly letter: Letter; readonly verdict: Ending; readonly why?: string }

/** Whether the rest may follow. */
export const wentWell = ({ verdict }: TrialVerdict): boolean => verdict === 'succeeded' || verdict === 'handled'

const [waitMs, lookEveryMs] = [60_000, 250]

type Trying = Omit<Platform, 'onFailed'>

/** To be opened before the letters are sent: what comes after that is looked at. */
export class Trial {
  readonly #platform: Trying
  readonly #group: FailingGroup
  /** By the copy's name: the id that it has where it becomes a letter. So are the others. */
  readonly #sent = new Map<string, Letter>()
  readonly #retry: News
  readonly #dead: News
  readonly #results: News | undefined
  readonly #tiers: readonly News[]
  /** Where a copy lies, and the letter that it has become. */
  readonly #copies = new Map<string, PlaceInLog>()
  readonly #died = new Map<string, { readonly code: string; readonly message: string }>()
  /** Copies that have left to be tried again later. */
  readonly #putOff = new Set<string>()
  /** By id and run. */
  readonly #answers = new Map<string, { readonly ending: Ending; readonly why?: string }>()

  private constructor(platform: Trying, group: FailingGroup, { retry, dead, results, tiers: waiting }: TrialNews) {
    this.#platform = platform
    this.#group = group
    this.#retry = retry
    this.#dead = dead
    this.#results = results
    this.#tiers = waiting
  }

  static async open(platform: Trying, group: FailingGroup): Promise<Trial> {
    const since = (topic: string): Promise<News> => News.since(platform.log, topic)
    const waiting = tiers.map(platform.catalogue.delay).filter((topic) => topic !== group.failures.retry)
    return new Trial(platform, group, {
      retry: await since(group.failures.retry),
      dead: await since(group.failures.dead),
      results: group.role === 'workers' ? await since(platform.catalogue.results) : undefined,
      tiers: await Promise.all(waiting.map(since)),
    })
  }

  /** These are about to be sent, perhaps once more. */
  readonly sending = async (letters: readonly Letter[]): Promise<void> => {
    for (const letter of letters) this.#sent.set(nextLetterId(letter), letter)
  }

  /** What becomes of each letter, as it is seen. Rejects with the signal's reason, and as the log does. */
  async *verdicts(signal: AbortSignal): AsyncGenerator<TrialVerdict> {
    const { clock } = this.#platform
    const endMs = clock.now() + waitMs
    const waiting = new Map(this.#sent)
    for (;;) {
      const isPassed = await this.#passed()
      await this.look(signal) // after that: what a record leaves is there before its group has passed it
      for (const [copy, letter] of waiting) {
        const verdict = this.#verdictOf(copy, letter, isPassed)
        if (!verdict) continue
        waiting.delete(copy)
        yield { letter, ...verdict }
      }
      if (waiting.size === 0) return
      if (clock.now() >= endMs) break
      await clock.sleep(lookEveryMs, signal)
    }
    const why = await this.#whyNone()
    for (const letter of waiting.values()) yield { letter, verdict: 'none', why }
  }

  #verdictOf(
    copy: string,
    letter: Letter,
    isPassed: (at: PlaceInLog) => boolean,
  ): Omit<TrialVerdict, 'letter'> | undefined {
    const died = this.#died.get(copy)
    if (died) return { verdict: 'died', why: `${died.code}: ${died.message}` }
    const at = this.#copies.get(copy)
    if (!at || !isPassed(at)) return undefined
    const answer = this.#answers.get(`${letter.about}.${runOfCopy(this.#group, letter)}`)
    if (!answer)
      return this.#putOff.has(copy) || this.#results
        ? { verdict: 'putOff', why: 'it waits to be tried again' }
        : { verdict: 'handled' }
    return { verdict: answer.ending, ...(answer.why === undefined ? {} : { why: answer.why }) }
  }

  /** Takes in what has come: to be asked for while the letters are sent, for who is done with a copy deletes it. */
  async look(signal: AbortSignal): Promise<void> {
    for await (const record of this.#retry.read(signal)) {
      const copy = letterId(this.#group, record)
      const { topic, partition, offset } = record
      const isLast = this.#group.role === 'delay' || !this.#copies.has(copy) // it may wait there once more
      if (this.#sent.has(copy) && isLast) this.#copies.set(copy, { topic, partition, offset })
    }
    for await (const record of this.#dead.read(signal)) {
      const { id, reason } = readLetter(this.#group, record)
      if (this.#sent.has(id)) this.#died.set(id, reason)
    }
    for (const tier of this.#tiers)
      for await (const record of tier.read(signal)) {
        const copy = letterId(this.#group, record)
        if (this.#sent.has(copy) && this.#isOurs(record)) this.#putOff.add(copy)
      }
    if (this.#results) for await (const record of this.#results.read(signal)) await this.#answered(record)
  }

  /** Other groups put off copies of the same records. */
  #isOurs(waiting: LogRecord): boolean {
    const { role, failures } = this.#group
    return role === 'delay' || readWaiting(waiting)?.to.topic === failures.retry
  }

  async #answered(record: LogRecord): Promise<void> {
    const { subject, run, type } = readHeaders(record)
    const answered = `${subject}.${run}`
    if (this.#answers.has(answered)) return // of several the first is the verdict
    const isOurs = [...this.#sent.values()].some(
      (letter) => letter.about === subject && runOfCopy(this.#group, letter) === run,
    )
    if (!isOurs) return
    const outcome = type.slice(type.lastIndexOf('.') + 1)
    if (outcome === 'succeeded') this.#answers.set(answered, { ending: 'succeeded' })
    else this.#answers.set(answered, { ending: 'rejected', why: `${outcome}: ${await this.#told(record)}` })
  }

  async #told({ value }: LogRecord): Promise<string> {
    try {
      const { code, message } = await this.#platform.codec.decode(value, Failure)
      return `${code}: ${message}`
    } catch (error) {
      if (error instanceof ErrandError && error.retriable) throw error
      return 'its result cannot be read'
    }
  }

  /** A function that tells whether the group is done with a record of its retry topic. */
  async #passed(): Promise<(at: PlaceInLog) => boolean> {
    const committed = await this.#platform.log.admin.committed(this.#group.id, [this.#group.failures.retry])
    const positions = new Map(
      committed.map(({ partition, offset, metadata }) => [
        partition,
        { offset, done: readCommitMetadata(offset, metadata)?.done ?? [] },
      ]),
    )
    return ({ partition, offset }) => {
      const position = positions.get(partition)
      return (
        position !== undefined &&
        (offset < position.offset || position.done.some(({ from, to }) => from <= offset && offset < to))
      )
    }
  }

  async #whyNone(): Promise<string> {
    const members = await this.#platform.log.admin.members(this.#group.id)
    const name = controlName(this.#group)
    return members.length === 0
      ? `no process runs ${name}: what was sent waits on its retry topic`
      : `nothing has come of it within ${waitMs / 1_000} s: it is still being tried, or waits for its turn; see errand groups ${name}`
  }
}
