import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { sign, verify } from '../../../client/signature.ts'

const nowMs = 1_770_000_000_500
const nowS = Math.floor(nowMs / 1_000)
const secretOf = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString('base64')}`
const secret = secretOf(Buffer.alloc(32, 7))
const other = secretOf(Buffer.alloc(32, 8))
const id = 'req_0123.1'
const body = Buffer.from('{"type":"punctuality.succeeded"}')

const secrets = fc.uint8Array({ minLength: 24, maxLength: 64 }).map(secretOf)
const ids = fc.stringMatching(/^req_[0-9a-v]{4,48}\.[1-9][0-9]{0,3}$/)
const texts = fc.string({ unit: 'grapheme', minLength: 1 })

const signed = ({
  timestampS = nowS,
  by = [secret],
  ...rest
}: {
  timestampS?: number
  by?: string[]
  id?: string
} = {}) => ({
  'webhook-id': rest.id ?? id,
  'webhook-timestamp': String(timestampS),
  'webhook-signature': by.map((each) => sign({ id: rest.id ?? id, timestampS, body, secret: each })).join(' '),
})

describe('beside the official library', () => {
  test('what we sign, standardwebhooks verifies', () => {
    fc.assert(
      fc.property(secrets, ids, texts, (secret, id, text) => {
        const json = JSON.stringify(text)
        const timestampS = Math.floor(Date.now() / 1_000)
        const signature = sign({ id, timestampS, body: Buffer.from(json), secret })
        const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestampS), 'webhook-signature': signature }
        expect(new Webhook(secret).verify(json, headers)).toBe(text)
      }),
    )
  })

  test('what standardwebhooks signs, we verify', () => {
    fc.assert(
      fc.property(secrets, ids, texts, (secret, id, text) => {
        const headers = {
          'Webhook-Id': id,
          'Webhook-Timestamp': String(nowS),
          'Webhook-Signature': new Webhook(secret).sign(id, new Date(nowMs), text),
        }
        expect(verify({ headers, body: text, secret, nowMs })).toEqual({ kind: 'verified', id, timestampS: nowS })
        expect(verify({ headers, body: Buffer.from(text), secret, nowMs }).kind).toBe('verified')
      }),
    )
  })

  test('the example of the specification gives its signature', () => {
    // tests of the official libraries: libraries/javascript/src/webhook.test.ts, "sign function works"
    const signature = sign({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1614265330,
      body: Buffer.from('{"test": 2432232314}'),
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    })
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })
})

describe('a callback is refused', () => {
  test('when any byte of its body, its id or its secret is another', () => {
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(body)
        changed[at] = changed[at]! ^ flip
        expect(verify({ headers: signed(), body: changed, secret, nowMs })).toEqual({
          kind: 'refused',
          reason: 'signature-mismatch',
        })
      }),
    )
    const renamed = { ...signed(), 'webhook-id': 'req_0123.2' }
    expect(verify({ headers: renamed, body, secret, nowMs })).toMatchObject({ reason: 'signature-mismatch' })
    expect(verify({ headers: signed(), body, secret: other, nowMs })).toMatchObject({ reason: 'signature-mismatch' })
  })

  test.each([
    ['timestamp-too-old', -301],
    ['timestamp-too-new', 301],
  ])('as %s beyond five minutes, and not at five minutes', (reason, offsetS) => {
    const at = (timestampS: number) => verify({ headers: signed({ timestampS }), body, secret, nowMs })
    expect(at(nowS + offsetS)).toEqual({ kind: 'refused', reason })
    expect(at(nowS + offsetS - Math.sign(offsetS)).kind).toBe('verified')
  })

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'when %s is missing, empty or repeated',
    (name) => {
      for (const value of [undefined, '', ['a', 'b']])
        expect(verify({ headers: { ...signed(), [name]: value }, body, secret, nowMs })).toMatchObject({
          reason: 'headers-missing',
        })
    },
  )

  test.each(['now', '1e9', '-1', '1.5', ' 1', '0x10', '9'.repeat(40)])('when its timestamp is %j', (timestamp) => {
    const headers = { ...signed(), 'webhook-timestamp': timestamp }
    expect(verify({ headers, body, secret, nowMs })).toMatchObject({ reason: 'timestamp-invalid' })
  })

  test('when id, run and timestamp are cut at another full stop', () => {
    const headers = { ...signed(), 'webhook-id': 'req_0123', 'webhook-timestamp': '1' }
    expect(verify({ headers, body: Buffer.from(`${nowS}.${body}`), secret, nowMs, toleranceS: 1e12 })).toMatchObject({
      kind: 'verified',
    })
    expect(verify({ headers, body: Buffer.from(`${nowS}.${body}`), secret, nowMs })).toMatchObject({
      reason: 'timestamp-too-old',
    })
  })

  test('when its only signature is of another version', () => {
    const headers = { ...signed(), 'webhook-signature': signed()['webhook-signature'].replace('v1,', 'v1a,') }
    expect(verify({ headers, body, secret, nowMs })).toMatchObject({ reason: 'signature-mismatch' })
  })
})

describe('while a secret is replaced', () => {
  test('a receiver with both secrets takes callbacks signed with either', () => {
    for (const by of [[secret], [other]])
      expect(verify({ headers: signed({ by }), body, secret: [other, secret], nowMs }).kind).toBe('verified')
  })

  test('a receiver with one secret takes a callback signed with both', () => {
    const headers = signed({ by: [other, secret] })
    headers['webhook-signature'] = `v1a,xx ${headers['webhook-signature']} v1,short v1`
    expect(verify({ headers, body, secret, nowMs }).kind).toBe('verified')
  })
})

test('a fetch Headers is as good as a record', () => {
  expect(verify({ headers: new Headers(signed()), body, secret, nowMs }).kind).toBe('verified')
})

test('a secret of another form is said to be one, by verify in its answer and by sign with an error that hides it', () => {
  for (const wrong of ['', 'whsec_', 'whsec_a', 'whsec_ab-_', 'secret!', undefined as unknown as string]) {
    expect(verify({ headers: signed(), body, secret: wrong, nowMs })).toEqual({
      kind: 'refused',
      reason: 'secret-invalid',
    })
    expect(() => sign({ id, timestampS: nowS, body, secret: wrong })).toThrow(
      /^a callback secret is "whsec_" followed by base64$/,
    )
  }
  expect(verify({ headers: signed(), body, secret: [], nowMs })).toMatchObject({ reason: 'secret-invalid' })
})

test('verify never throws and lets nothing through, whatever it is given', () => {
  const anything = fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true })
  fc.assert(
    fc.property(
      fc.oneof(anything, fc.constant(signed())),
      anything,
      fc.oneof(anything, fc.constant(secret)),
      fc.double(),
      (headers, body, secret, nowMs) => {
        expect(verify({ headers, body, secret, nowMs } as never).kind).toBe('refused')
      },
    ),
  )
  expect(verify({ headers: signed(), body, secret, nowMs: Number.NaN }).kind).toBe('refused')
})
