// The command `errand`: a file a verb; entry.js is what npm links. Exit codes: 0 done, 1 done with findings, 2 usage,
// configuration or cluster.
import { Command, CommanderError } from 'commander'
import { clientsVerb } from './clients.ts'
import { deadLettersVerb } from './deadLetters.ts'
import { devVerb } from './dev.ts'
import { devSystemVerb } from './devSystem.ts'
import { DisposalStack } from './disposalStack.ts'
import { doctorVerb } from './doctor.ts'
import { downVerb } from './down.ts'
import { errorText } from './errorText.ts'
import { groupsVerb } from './groups.ts'
import { initVerb } from './init.ts'
import { newVerb } from './new.ts'
import { version } from './package.ts'
import { produceVerb } from './produce.ts'
import { receiveVerb } from './receive.ts'
import { resetVerb } from './reset.ts'
import { schemasVerb } from './schemas.ts'
import { startVerb } from './start.ts'
import { topicsVerb } from './topics.ts'

globalThis.AsyncDisposableStack ??= DisposalStack

const program = new Command('errand')
  .description('Accept work over HTTP, do it over Kafka, call back when it is done.')
  .version(version)
  .addCommand(initVerb())
  .addCommand(newVerb())
  .addCommand(devVerb())
  .addCommand(devSystemVerb(), { hidden: true })
  .addCommand(startVerb())
  .addCommand(produceVerb())
  .addCommand(topicsVerb())
  .addCommand(schemasVerb())
  .addCommand(groupsVerb())
  .addCommand(deadLettersVerb())
  .addCommand(clientsVerb())
  .addCommand(receiveVerb())
  .addCommand(downVerb())
  .addCommand(resetVerb())
  .addCommand(doctorVerb())

const exitOnUsage = (command: Command): void => {
  command.exitOverride()
  command.commands.forEach(exitOnUsage)
}
exitOnUsage(program)

/** Of a syntax error in JavaScript only Node itself knows the file and line, and tells them of what nobody catches. */
const isUnplaced = (error: unknown): boolean =>
  error instanceof SyntaxError && error.stack?.startsWith('SyntaxError') === true

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (isUnplaced(error)) throw error
  else {
    console.error(`errand: ${errorText(error)}`)
    process.exitCode = 2
  }
}
// The verb has closed what it opened. What is left is not ours (kafkajs may reopen a connection that was closed while it was
// being made) and must not keep a program alive that has done its work.
process.exit()
