// Keys and secrets over a client's life, against a plain model: which keys are valid when, and what signs.
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { added, type ClientEntry, revoked, rotated } from '../../../process/clientEntry.ts'
import { clientsOf, developmentClient } from '../../../process/clients.ts'
import { type Credentials, callbackSecretOf, keep, keyIdOf, newCredentials } from '../../../process/credentials.ts'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'

const secret = newSecret()
const keyring = parseKeyring(secret, 'flights')
const at = (nowMs: number) => ({ keyring, clock: { now: () => nowMs } })

describe('credentials', () => {
  test('have a key in the form that a scanner looks for, and a secret that the standard library takes', () => {
    const made = Array.from({ length: 200 }, newCredentials)
    for (const { apiKey } of made) expect(apiKey).toMatch(/^errand_[0-9A-Za-z]{8}_[0-9A-Za-z]{24}$/)
    expect(new Set(made.map(({ apiKey }) => apiKey)).size).toBe(200)
    const webhook = new Webhook(made[0]!.callbackSecret)
    const headers = {
      'webhook-id': 'req_1.1',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': webhook.sign('req_1.1', new Date(), '{}'),
    }
    expect(webhook.verify('{}', headers)).toEqual({})
  })

  test('are kept so that nothing of the secrets can be read, but by who has the master secret and for that name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,9}$/), fc.stringMatching(/^[a-z]{1,9}$/), (name, other) => {
        const { apiKey, callbackSecret } = newCredentials()
        const kept = keep(keyring, name, { apiKey, callbackSecret })
        const text = JSON.stringify(kept)
        expect(text).not.toContain(apiKey.slice(-24))
        expect(text).not.toContain(callbackSecret.slice(6))
        expect(callbackSecretOf(keyring, name, kept)).toBe(callbackSecret)
        if (other !== name) expect(callbackSecretOf(keyring, other, kept)).toBeUndefined()
        expect(callbackSecretOf(parseKeyring(newSecret(), 'flights'), name, kept)).toBeUndefined()
        expect(callbackSecretOf(parseKeyring(secret, 'boats'), name, kept)).toBeUndefined()
        const newer = parseKeyring(`${newSecret(2)},${secret}`, 'flights')
        expect(callbackSecretOf(newer, name, kept)).toBe(callbackSecret)
      }),
    )
  })

  test('of development are the same in every process of one system, and in no other', () => {
    const client = developmentClient(keyring)
    expect(developmentClient(parseKeyring(secret, 'flights'))).toEqual(client)
    for (const other of [parseKeyring(secret, 'boats'), parseKeyring(newSecret(), 'flights')]) {
      expect(developmentClient(other).apiKey).not.toBe(client.apiKey)
      expect(developmentClient(other).callbackSecret).not.toBe(client.callbackSecret)
    }
    expect(keyIdOf(client.apiKey)).toBeDefined()
    expect(clientsOf([], at(0)).authenticate(client.apiKey)).toBeUndefined()
  })
})

describe('whoever asks', () => {
  test('is known by a whole key alone', () => {
    const credentials = newCredentials()
    const entry = added(undefined, { name: 'acme', current: keep(keyring, 'acme', credentials), nowMs: 0 })
    const clients = clientsOf([entry], at(0))
    expect(clients.authenticate(credentials.apiKey)).toEqual({ name: 'acme' })
    fc.assert(
      fc.property(fc.nat(credentials.apiKey.length - 1), fc.constantFrom('0', 'Z', '_', '', 'ab'), (index, instead) => {
        const changed = credentials.apiKey.slice(0, index) + instead + credentials.apiKey.slice(index + 1)
        fc.pre(changed !== credentials.apiKey)
        expect(clients.authenticate(changed)).toBeUndefined()
      }),
    )
    for (const key of ['', 'errand', entry.current.keyId, entry.current.keyHash, credentials.callbackSecret])
      expect(clients.authenticate(key)).toBeUndefined()
  })
})

type Step = { readonly waitMs: number } & (
  | { readonly kind: 'add' }
  | { readonly kind: 'rotate'; readonly overlapMs: number }
  | { readonly kind: 'revoke' }
  | { readonly kind: 'wait' }
)

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc
    .tuple(
      fc.integer({ min: 1, max: 50 }),
      fc.oneof(
        fc.constant({ kind: 'add' as const }),
        fc.constant({ kind: 'revoke' as const }),
        fc.constant({ kind: 'wait' as const }),
        fc.record({ kind: fc.constant('rotate' as const), overlapMs: fc.constantFrom(0, 20, 100) }),
      ),
    )
    .map(([waitMs, step]) => ({ waitMs, ...step })),
  { maxLength: 12 },
)

/** A key as it was promised. */
type Issued = Credentials & { untilMs: number }

test('a key is valid from when it was told until when its end was promised, and callbacks are signed with exactly the valid secrets', () => {
  fc.assert(
    fc.property(steps, (all) => {
      let nowMs = 0
      let entry: ClientEntry | undefined
      const issued: Issued[] = []
      const valid = (): readonly Issued[] => issued.filter(({ untilMs }) => untilMs > nowMs).toReversed()
      const end = (endMs: number): void => {
        for (const each of valid()) each.untilMs = Math.min(each.untilMs, endMs)
      }
      /** What must be refused, and then changes nothing. */
      const refusal = (step: Step): string | undefined => {
        const isActive = valid().length > 0
        if (step.kind === 'add') return isActive ? 'client-exists' : undefined
        if (step.kind === 'wait') return undefined
        if (issued.length === 0) return 'unknown-client'
        if (step.kind === 'revoke') return undefined
        if (!isActive) return 'client-revoked'
        return step.overlapMs > 0 && valid().length > 1 ? 'still-rotating' : undefined
      }
      const take = (step: Step): void => {
        const credentials = newCredentials()
        const given = { name: 'acme', current: keep(keyring, 'acme', credentials), nowMs }
        if (step.kind === 'add') entry = added(entry, given)
        if (step.kind === 'revoke') entry = revoked(entry, given)
        if (step.kind === 'rotate') entry = rotated(entry, { ...given, overlapMs: step.overlapMs })
        if (step.kind === 'revoke') end(nowMs)
        if (step.kind === 'rotate') end(nowMs + step.overlapMs)
        if (step.kind === 'add' || step.kind === 'rotate')
          issued.push({ ...credentials, untilMs: Number.POSITIVE_INFINITY })
      }
      for (const step of all) {
        nowMs += step.waitMs
        const code = refusal(step)
        if (code === undefined) take(step)
        else expect(() => take(step)).toThrow(expect.objectContaining({ code }))
        const clients = clientsOf(entry ? [entry] : [], at(nowMs))
        const accepted = issued.filter(({ apiKey }) => clients.authenticate(apiKey) !== undefined)
        expect(accepted.toReversed()).toEqual(valid())
        const signing = clients.signing('acme')
        expect(signing.kind === 'active' ? signing.secrets : []).toEqual(valid().map((each) => each.callbackSecret))
        expect(clients.active).toBe(valid().length > 0 ? 1 : 0)
        if (valid().length === 0) expect(signing.kind).toBe(entry ? 'revoked' : 'unknown')
      }
    }),
  )
})

describe('a name', () => {
  const current = keep(keyring, 'acme', newCredentials())
  test.each(['a', 'acme', 'acme-2.eu_west', 'x'.repeat(63)])('may be %s', (name) => {
    expect(added(undefined, { name, current, nowMs: 0 })).toEqual({ name, current, createdAtMs: 0 })
  })

  test.each(['', 'Acme', '2acme', 'a/b', 'a b', 'ä', '__proto__', 'x'.repeat(64), 'a\n'])('may not be %j', (name) => {
    expect(() => added(undefined, { name, current, nowMs: 0 })).toThrow(/cannot be a client's name/)
  })
})

test('what a newer version keeps in a client goes through rotation and revocation, which is once (I10)', () => {
  const current = keep(keyring, 'acme', newCredentials())
  const entry = { ...added(undefined, { name: 'acme', current, nowMs: 0 }), scopes: ['operate'] }
  const after = rotated(entry, { name: 'acme', current, nowMs: 1, overlapMs: 5 })
  const end = revoked(after, { name: 'acme', nowMs: 2 })
  expect(end).toMatchObject({ scopes: ['operate'], rotatedAtMs: 1, revokedAtMs: 2 })
  expect(revoked(end, { name: 'acme', nowMs: 3 })).toEqual(end)
})

test('a client whose secret was kept under another master secret may ask, and is said not to be signed for', () => {
  const credentials = newCredentials()
  const entry = added(undefined, { name: 'acme', current: keep(keyring, 'acme', credentials), nowMs: 0 })
  const elsewhere = clientsOf([entry], { ...at(0), keyring: parseKeyring(newSecret(), 'flights') })
  expect(elsewhere.authenticate(credentials.apiKey)).toEqual({ name: 'acme' })
  expect([elsewhere.signing('acme'), elsewhere.unreadable]).toEqual([{ kind: 'unreadable' }, ['acme']])
  expect(elsewhere.signing('nobody')).toEqual({ kind: 'unknown' })
})
