// The clients as a running process knows them: in memory, so that a request costs no read, and looked at twice a second, so
// that what an operator changes counts within a second, without a restart.
import type { Logger } from '../app/context.ts'
import { type Clients, clientsOf, type Signing } from '../process/clients.ts'
import type { Clock } from '../process/clock.ts'
import type { Keyring } from '../process/keyring.ts'
import type { Store } from './store.ts'

export const lookEveryMs = 500

export type ClientDirectory = Pick<Clients, 'authenticate'> & {
  /** How many clients may ask. */
  readonly active: number
  /**
   * As the store has it now where memory does not know the client as active: what cannot be signed for is not delivered,
   * so that must not be decided from a view that is half a second old. Rejects as the store does.
   */
  signing(name: string): Promise<Signing>
} & Disposable

export type ClientDirectoryOptions = {
  readonly store: Pick<Store, 'clients' | 'clientsRevision'>
  readonly keyring: Keyring
  readonly clock: Clock
  readonly logger: Logger
}

/** Resolves when the clients have been read for the first time. Dispose it before the store is closed. */
export async function clientDirectory(options: ClientDirectoryOptions): Promise<ClientDirectory> {
  const { store, clock, logger } = options
  let revision = -1
  let clients = clientsOf([], options)
  let isFailing = false
  let timer: Disposable | undefined
  const look = async (): Promise<void> => {
    if ((await store.clientsRevision()) === revision) return
    const read = await store.clients()
    revision = read.revision
    clients = clientsOf(read.entries, options)
    tell(clients, logger)
  }
  const lookAgain = async (): Promise<void> => {
    try {
      await look()
      isFailing = false
    } catch (error) {
      if (!isFailing && timer) logger.error('clients.notRead', { error, why: 'those known before go on counting' })
      isFailing = true
    }
    if (timer) later()
  }
  const later = (): void => {
    timer = clock.after(lookEveryMs, () => void lookAgain())
  }
  await look()
  later()
  return {
    authenticate: (apiKey) => clients.authenticate(apiKey),
    get active() {
      return clients.active
    },
    signing: async (name) => {
      const known = clients.signing(name)
      if (known.kind === 'active') return known
      await look()
      return clients.signing(name)
    },
    [Symbol.dispose]: () => {
      timer?.[Symbol.dispose]()
      timer = undefined
    },
  }
}

function tell({ active, unreadable }: Clients, logger: Logger): void {
  logger.info('clients.read', { active })
  if (unreadable.length > 0)
    logger.warn('clients.unreadable', {
      clients: unreadable,
      why: 'their callback secrets were kept under another ERRAND_SECRET or ERRAND_NAMESPACE: bring it back, or rotate them',
    })
}
