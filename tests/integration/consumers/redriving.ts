// Redrives a group's letters in a process of its own, which can be killed: prints each event, and `committing` before each
// transaction. `node redriving.ts <app> <group> <perSecond>`

import { openSystem } from '../../../bin/system.ts'
import { letterDesk } from '../../../consumers/letters/letterDesk.ts'
import { systemClock } from '../../../process/clock.ts'

const [app = '', group = '', perSecond = ''] = process.argv.slice(2)
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`)

await using system = await openSystem(app, { clientId: 'redriving', logLevel: 'warn' })
const log: typeof system.kafka = {
  ...system.kafka,
  transaction: async (id) => {
    const writer = await system.kafka.transaction(id)
    return {
      close: () => writer.close(),
      commit: (...args) => {
        say({ kind: 'committing' })
        return writer.commit(...args)
      },
    }
  },
}
const desk = letterDesk({ ...system, log, logger: system.log, clock: systemClock })
const { signal } = new AbortController()
for await (const event of desk.redrive(
  group,
  {},
  { by: `process ${process.pid}`, perSecond: Number(perSecond), signal },
))
  if (event.kind !== 'verdict') say(event)
