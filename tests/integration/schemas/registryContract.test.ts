// Apicurio through what we rely on in any registry.
import { inject } from 'vitest'
import { registryContract } from '../../contracts/registry.ts'

registryContract({ url: () => inject('system').registryUrl, givesReasons: false })
