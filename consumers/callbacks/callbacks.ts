// The role `callbacks`: delivers results to the clients' callback URLs, at least once, byte-identical on every attempt (I5).
// The verdict of (id, run) is the result with the lowest offset: the first to claim it in the store; all others are ignored.

import type { Group } from '../../kafka/catalogue.ts'
import type { ClientDirectory } from '../../store/clientDirectory.ts'
import type { Claim, Store } from '../../store/store.ts'
import type { Handle } from '../message.ts'
import { groupPositions } from '../positions.ts'
import { postponing } from '../postpone.ts'
import { groupDeadLetters, groupMember, type Platform, type RunningGroup } from '../role.ts'
import { type Claiming, claiming } from './claim.ts'
import { claimedPositions } from './claims.ts'
import { deliveries } from './deliveries.ts'
import { dispatcher } from './dispatcher.ts'
import { type Poster, underWay } from './post.ts'

const registryRetryMs = 1_000

export type CallbacksOptions = {
  readonly store: Store
  readonly clients: Pick<ClientDirectory, 'signing'>
  readonly poster: Poster
}

/** The callbacks group, if the app has request types. */
export const callbacks = (platform: Platform, options: CallbacksOptions): Promise<readonly RunningGroup[]> =>
  Promise.all(
    platform.catalogue.groups
      .filter(({ role }) => role === 'callbacks')
      .map(async (group) => {
        const { log, logger, catalogue } = platform
        const { store } = options
        const claimed = claiming(platform)
        const inner = groupPositions({ admin: log.admin, group: group.id, log: logger })
        const positions = claimedPositions({ inner, log, store, results: catalogue.results, claimed, logger })
        const handle = await deliver(platform, group, options, claimed)
        return {
          group,
          member: groupMember(platform, group, {
            handle,
            positions,
            concurrency: underWay,
            storeIdentity: store.identity,
          }),
        }
      }),
  )

/** One result, or a copy that has waited: claimed, then sent; what nobody took waits on, or is given up. */
async function deliver(
  platform: Platform,
  group: Group,
  { store, ...rest }: CallbacksOptions,
  claimed: Claiming,
): Promise<Handle> {
  const letters = groupDeadLetters(platform, group)
  const { clock, app } = platform
  const postpone = postponing(platform, group)
  const logger = platform.logger.child({ group: group.id })
  const { waitsMs } = app.callbacks
  const dispatch = dispatcher({
    ...rest,
    waitsMs,
    deliveries: await deliveries(platform),
    letters,
    postpone,
    clock,
    logger,
  })
  return async (message) => {
    const made = await claimed(message.record, message.journey)
    switch (made.kind) {
      case 'none':
        return { kind: 'done' }
      case 'later':
        return { kind: 'again', afterMs: registryRetryMs, counted: false }
      case 'undecodable':
        await letters.write(message, { ...made.cause, code: 'undecodable' })
        return { kind: 'done' }
      case 'claimed': {
        if (message.journey?.redrives === 0 && (await isDelivered(store, made.claim))) return { kind: 'done' }
        const stands = await store.claim(made.claim)
        if (isSame(stands, made.claim)) return dispatch(message, made.answer, stands)
        const { id, run, offset } = stands
        logger.info('result.overruled', { id, run, offset: String(made.claim.offset), verdict: String(offset) })
        return { kind: 'done' }
      }
      default:
        return made satisfies never
    }
  }
}

/**
 * Whether the view shows it as delivered. Of a process that was killed between putting a callback off and its commit a second
 * copy goes round: when one of them has been taken, the other need not be sent.
 */
async function isDelivered(store: Store, { id, run }: Claim): Promise<boolean> {
  const view = await store.request(id)
  return view?.run === run && view.delivered?.status === 'delivered'
}

const isSame = (one: Claim, other: Claim): boolean => one.partition === other.partition && one.offset === other.offset
