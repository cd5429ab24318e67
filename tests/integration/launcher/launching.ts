// A process that launches, for tests that kill it: prints the system as one line of JSON when it is up, and what ends.
import { launch } from '../../../bin/launcher/launcher.ts'

const { brokers, registryUrl, ended } = await launch({ folder: process.argv[2]!, kafkaPort: 0, registryPort: 0 })
process.stdout.write(`${JSON.stringify({ brokers, registryUrl })}\n`)
process.stdout.write(`${JSON.stringify({ ended: await ended })}\n`)
