import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { clientsOf, developmentClient } from '../../../process/clients.ts'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'

const secret = newSecret()
const client = developmentClient(parseKeyring(secret, 'flights'))

describe('clients', () => {
  test('the development client is the same in every process of one system, and in no other', () => {
    expect(developmentClient(parseKeyring(secret, 'flights'))).toEqual(client)
    for (const other of [parseKeyring(secret, 'boats'), parseKeyring(newSecret(), 'flights')]) {
      expect(developmentClient(other).apiKey).not.toBe(client.apiKey)
      expect(developmentClient(other).callbackSecret).not.toBe(client.callbackSecret)
    }
  })

  test('its callback secret is one that the standard library takes', () => {
    const webhook = new Webhook(client.callbackSecret)
    const at = new Date()
    const headers = {
      'webhook-id': 'req_1.1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': webhook.sign('req_1.1', at, '{}'),
    }
    expect(webhook.verify('{}', headers)).toEqual({})
  })

  test('a client is known by its key and by its name, and nobody else is', () => {
    const other = { name: 'other', apiKey: 'errand_other', callbackSecret: 'whsec_b3RoZXI=' }
    const clients = clientsOf(client, other)
    expect(clients.authenticate(client.apiKey)).toBe(client)
    expect(clients.authenticate('errand_other')).toBe(other)
    for (const key of ['', 'errand', `${client.apiKey}x`, client.apiKey.slice(1), client.callbackSecret])
      expect(clients.authenticate(key)).toBeUndefined()
    expect(clients.named('other')).toBe(other)
    expect(clients.named('nobody')).toBeUndefined()
    expect(clientsOf().authenticate(client.apiKey)).toBeUndefined()
  })
})
