// The role `subscribers`: fanout. Every subscriber is a group of its own, with its own pace, retries and dead letters.
import type { Subscriber } from '../../app/subscriber.ts'
import type { Group } from '../../kafka/catalogue.ts'
import { readHeaders } from '../../kafka/headers.ts'
import { eventDecoder } from '../../schemas/eventValue.ts'
import { isolationOf } from '../isolation.ts'
import type { Member } from '../member.ts'
import type { Handle, Message, TryEnd } from '../message.ts'
import { type OutgoingEvent, outbox } from '../outbox.ts'
import { findingOf, type Handled, type Handler, type PipelineOptions, pipeline, waitsForRegistry } from '../pipeline.ts'
import { postponing } from '../postpone.ts'
import { groupDeadLetters, groupMember, type Platform, type RunningGroup } from '../role.ts'
import { type Cause, causeOf, permanentCause } from '../verdict.ts'

/** The subscriber groups of the app, or those named. */
export const subscribers = (
  platform: Platform,
  resources: unknown,
  only: ReadonlySet<string>,
): readonly RunningGroup[] =>
  platform.catalogue.groups
    .filter(({ role, name }) => role === 'subscribers' && (only.size === 0 || only.has(name)))
    .map((group) => ({ group, member: subscriberMember(platform, group, resources) }))

function subscriberMember(platform: Platform, group: Group, resources: unknown): Member {
  const subscriber = platform.app.subscribers[group.name]
  if (!subscriber) throw new TypeError(`the app has no subscriber "${group.name}"`)
  const isolation = isolationOf(platform, group)
  return groupMember(platform, group, {
    from: subscriber.from,
    retry: subscriber.retry,
    handle: handleEvent(platform, group, subscriber, { resources, ...(isolation && { enter: isolation.enter }) }),
    ...(isolation && { concurrency: isolation.concurrency }),
  })
}

/** One event through one subscriber: done when its effects are, or when it is a dead letter. */
function handleEvent(
  platform: Platform,
  group: Group,
  { event, handler, timeoutMs, retry }: Subscriber<unknown>,
  running: Pick<PipelineOptions<unknown, unknown, unknown>, 'resources' | 'enter'>,
): Handle {
  const { codec, clock, loop } = platform
  const logger = platform.logger.child({ group: group.id })
  const letters = groupDeadLetters(platform, group)
  const sending = outbox(platform)
  const postpone = postponing({ ...platform, logger }, group)
  const handle = pipeline({
    decode: eventDecoder(codec, event),
    handler: handler as Handler<unknown, unknown>,
    conclude: (_, sent, { id, traceparent }) => sending.prepare(sent, { id: `${id}.${group.name}`, traceparent }),
    timeoutMs,
    retry,
    mayLeave: ({ key }) => key === null,
    clock,
    logger,
    group: group.id,
    ...(loop && { loop }),
    ...running,
  })
  const done = { kind: 'done' } as const
  const giveUp = async (message: Message, cause: Cause): Promise<TryEnd> => {
    await letters.write(message, cause)
    return done
  }
  const conclude = async (message: Message, handled: Handled<readonly OutgoingEvent[]>): Promise<TryEnd> => {
    const orGiveUp = (error: unknown): Promise<TryEnd> => giveUp(message, permanentCause(error))
    switch (handled.kind) {
      case 'succeeded':
        return sending.leave(handled.value, message.signal).then(() => done, orGiveUp)
      case 'later':
        return postpone(message, { dueMs: clock.now() + handled.afterMs, counted: true }).then(() => done, orGiveUp)
      case 'again':
        return handled
      case 'unavailable':
        return { kind: 'again', afterMs: handled.afterMs, counted: false }
      case 'rejected':
        return giveUp(message, causeOf(handled.error)) // there is no client to tell, so it must not vanish
      case 'gaveUp':
        return giveUp(message, handled.cause)
      case 'expired':
      case 'aborted':
        return { kind: 'again', afterMs: 0, counted: false }
      default:
        return handled satisfies never
    }
  }
  return async (message) => {
    const attributes = readHeaders(message.record, { type: event.name, journey: message.journey })
    const handled = await handle({ message, attributes })
    if ('afterMs' in handled)
      logger[waitsForRegistry(handled) ? 'debug' : 'warn']('event.tryAgain', {
        id: attributes.id,
        attempt: message.attempt,
        afterMs: handled.afterMs,
        code: handled.cause.code,
        reason: handled.cause.message,
      })
    return { ...(await conclude(message, handled)), found: findingOf(handled) }
  }
}
