import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'

const problem = (text: string): string => {
  try {
    parseKeyring(text, 'flights')
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describe('the keyring', () => {
  test('begins with the current secret and knows the others by number', () => {
    const keyring = parseKeyring(`${newSecret(2)}, ${newSecret(1)}`, 'flights')
    expect(keyring.current).toBe(2)
    expect(keyring.derive(1, 'id')?.symmetricKeySize).toBe(32)
    expect(keyring.derive(3, 'id')).toBeUndefined()
  })

  test('derives one key per secret, namespace and use, the same in every process', () => {
    const [one, other] = [newSecret(1), newSecret(1)]
    const keys = [one, other].flatMap((secret) =>
      ['flights', 'boats'].flatMap((namespace) =>
        (['id', 'client-secret', 'seal/2026-01-01', 'seal/2026-01-02', 'development/api-key'] as const).map((use) => {
          const key = parseKeyring(secret, namespace).derive(1, use)!.export()
          expect(parseKeyring(secret, namespace).derive(1, use)?.export()).toEqual(key)
          return key.toString('hex')
        }),
      ),
    )
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('derives the same key again after more days than it remembers', () => {
    const keyring = parseKeyring(newSecret(), 'flights')
    const first = keyring.derive(1, 'seal/0')?.export()
    for (let day = 1; day < 2_500; day += 1) keyring.derive(1, `seal/${day}`)
    expect(keyring.derive(1, 'seal/0')?.export()).toEqual(first)
  })

  test.each([
    ['nothing', ''],
    ['no number', newSecret().slice(2)],
    ['a number above 255', newSecret(256)],
    ['a short secret', '1:c2hvcnQ'],
    ['base64 that is not base64url', `1:${'+/'.repeat(22)}`],
  ])('%s is refused', (_, text) => {
    expect(problem(text)).toMatch(/^entry 1 of ERRAND_SECRET is not/)
  })

  test('a number twice is refused', () => {
    expect(problem(`${newSecret(1)},${newSecret(1)}`)).toMatch(/^entry 2 /)
  })

  test('a refusal never repeats the secret', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{8,42}$/), (text) => {
        expect(problem(`1:${text}`)).not.toBe('')
        expect(problem(`1:${text}`)).not.toContain(text)
      }),
    )
  })
})
