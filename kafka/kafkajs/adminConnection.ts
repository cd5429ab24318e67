// The admin client of one log, connected at the first question and replaced after a failed one: an old client may look for
// a broker that has moved or a topic that was deleted, and would fail for ever (facts A7).
import type { Admin } from 'kafkajs'
import { ErrandError } from '../../app/errors.ts'
import { asMisconfigured } from '../../process/finding.ts'
import { closed, unavailable } from '../logErrors.ts'
import { explainFailure } from './brokerCheck.ts'
import { brief, type Client, type ClientOptions, openClient } from './client.ts'
import { asClusterError, isOnTheWay } from './errors.ts'

type Connection = { readonly client: Client; readonly admin: Admin; readonly asking: Set<Promise<unknown>> }

export class AdminConnection {
  readonly #options: ClientOptions
  #current: Promise<Connection> | undefined
  #isOpen = true
  #hasAnswered = false

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /**
   * Asks; where an older client failed, once more with a new one, so questions must be repeatable. `topic` is for the
   * message of `unknown-topic`. Rejects also with `log-unavailable`, `log-refused` and, before the cluster has answered for
   * the first time, `misconfigured`.
   */
  async ask<T>(question: (admin: Admin) => Promise<T>, topic = ''): Promise<T> {
    const older = this.#current
    try {
      return await this.#askOnce(question)
    } catch (error) {
      if (!older || !this.#isOpen) throw await this.#explained(error, topic)
    }
    return await this.#askOnce(question).catch(async (error: unknown) => {
      throw await this.#explained(error, topic)
    })
  }

  /** Where the cluster has never answered the way to it is looked at; once it has, an outage is an outage. */
  async #explained(error: unknown, topic: string): Promise<Error> {
    const plain = asClusterError(error, topic)
    if (this.#hasAnswered || !isOnTheWay(error) || error instanceof ErrandError) return plain
    const finding = await explainFailure(this.#options.kafka, error)
    if (finding.kind === 'misconfigured') return asMisconfigured(finding, error)
    return finding.kind === 'away' ? unavailable(error, `${finding.problem} ${finding.remedy}`) : plain
  }

  async close(): Promise<void> {
    this.#isOpen = false
    await this.#drop(this.#current)
  }

  async #askOnce<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    if (!this.#isOpen) throw closed('this log')
    this.#current ??= this.#connect()
    const current = this.#current
    try {
      const { admin, asking } = await current
      const answer = question(admin)
      asking.add(answer)
      const given = await answer.finally(() => asking.delete(answer))
      this.#hasAnswered = true
      return given
    } catch (error) {
      void this.#drop(current)
      throw error
    }
  }

  async #connect(): Promise<Connection> {
    const client = openClient(this.#options, brief)
    const admin = client.kafka.admin({ retry: brief })
    await admin.connect()
    return { client, admin, asking: new Set() }
  }

  /** Questions still under way are let end first: kafkajs would reopen for them a connection that nobody closes any more. */
  async #drop(dropped: Promise<Connection> | undefined): Promise<void> {
    if (this.#current === dropped) this.#current = undefined
    try {
      const connection = await dropped
      connection?.client.shut()
      await Promise.allSettled(connection?.asking ?? [])
      await connection?.admin.disconnect()
    } catch (error) {
      this.#options.log.debug('admin.disconnectFailed', { error }) // it never connected
    }
  }
}
