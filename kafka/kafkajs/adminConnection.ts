// The admin client of one log, connected at the first question and replaced after a failed one: an old client may look for
// a broker that has moved or a topic that was deleted, and would fail for ever (facts A7).
import type { Admin } from 'kafkajs'
import { closed } from '../logErrors.ts'
import { brief, type Client, type ClientOptions, openClient } from './client.ts'
import { asClusterError } from './errors.ts'

type Connection = { readonly client: Client; readonly admin: Admin }

export class AdminConnection {
  readonly #options: ClientOptions
  #current: Promise<Connection> | undefined
  #isOpen = true

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /**
   * Asks; where an older client failed, once more with a new one, so questions must be repeatable. `topic` is for the
   * message of `unknown-topic`. Rejects also with `log-unavailable` and `log-refused`.
   */
  async ask<T>(question: (admin: Admin) => Promise<T>, topic = ''): Promise<T> {
    const older = this.#current
    try {
      return await this.#askOnce(question)
    } catch (error) {
      if (!older || !this.#isOpen) throw asClusterError(error, topic)
    }
    return await this.#askOnce(question).catch((error: unknown) => {
      throw asClusterError(error, topic)
    })
  }

  async close(): Promise<void> {
    this.#isOpen = false
    await this.#drop(this.#current)
  }

  async #askOnce<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    if (!this.#isOpen) throw closed('this log')
    this.#current ??= this.#connect()
    const asked = this.#current
    try {
      return await question((await asked).admin)
    } catch (error) {
      await this.#drop(asked)
      throw error
    }
  }

  async #connect(): Promise<Connection> {
    const client = openClient(this.#options, brief)
    const admin = client.kafka.admin({ retry: brief })
    await admin.connect()
    return { client, admin }
  }

  async #drop(connection: Promise<Connection> | undefined): Promise<void> {
    if (this.#current === connection) this.#current = undefined
    await connection
      ?.then(({ client, admin }) => {
        client.shut()
        return admin.disconnect()
      })
      .catch((error: unknown) => this.#options.log.debug('admin.disconnectFailed', { error })) // it never connected
  }
}
