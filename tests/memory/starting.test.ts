// What does not keep a process from starting.
import { expect, onTestFinished, test, vi } from 'vitest'
import { runRoles } from '../../bin/roles.ts'
import type { System } from '../../bin/system.ts'
import type { Admin } from '../../kafka/log.ts'
import { testContext } from '../../testing/testContext.ts'
import { memorySystem } from './memorySystem.ts'

async function started(own: Partial<Admin>) {
  const { system } = await memorySystem()
  const { log, logged } = testContext()
  const { kafka } = system
  const changed: System = { ...system, log, kafka: { ...kafka, admin: { ...kafka.admin, ...own } } }
  const options = { roles: new Set(['workers'] as const), only: new Set<string>(), onFailed: () => undefined }
  const running = await runRoles(changed, options)
  onTestFinished(() => running[Symbol.asyncDispose]())
  return logged
}

test('a process that may not see what a roll-back has left starts all the same, and says that it does not know', async () => {
  const logged = await started({ topics: () => Promise.reject(new Error('no right to see them')) })
  await vi.waitFor(() => expect(logged.map(({ event }) => event)).toContain('requests.notCounted'))
  expect(logged.map(({ event }) => event)).toContain('process.started')
})

test('a process starts before it knows what a roll-back has left', async () => {
  const logged = await started({ topics: () => new Promise(() => undefined) })
  expect(logged.map(({ event }) => event)).toContain('process.started')
})
