// A registry that speaks Confluent's API as it is documented; Apicurio goes through the same in tests/integration/schemas.
import { afterAll, beforeAll } from 'vitest'
import { registryContract } from '../../contracts/registry.ts'
import { confluentRegistry } from './confluentRegistry.ts'

let registry: Awaited<ReturnType<typeof confluentRegistry>>
beforeAll(async () => {
  registry = await confluentRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

registryContract({ url: () => registry.url, givesReasons: true })
