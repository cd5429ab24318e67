// What every other integration test stands on.

import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, inject, test } from 'vitest'

test('the tests have a broker and a registry that answer', async () => {
  const { brokers, registryUrl } = inject('system')
  const [host, port] = brokers[0]!.split(':')
  const socket = connect(Number(port), host)
  await once(socket, 'connect')
  socket.destroy()
  expect((await fetch(`${registryUrl}/subjects`)).status).toBe(200)
})
