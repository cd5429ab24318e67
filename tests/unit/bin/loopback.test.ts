import { expect, test } from 'vitest'
import { isLoopback } from '../../../bin/loopback.ts'

test.each(['127.0.0.1', '127.0.0.2', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost'])(
  '%s is loopback',
  (host) => {
    expect(isLoopback(host)).toBe(true)
  },
)

test.each(['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', 'example.com', 'localhost.example.com', '127.1', ''])(
  '%j may be reached from elsewhere',
  (host) => {
    expect(isLoopback(host)).toBe(false)
  },
)
