// `errand down`: ends what a launch that was killed has left running.
import { Command } from 'commander'
import { shutdownSignal } from '../process/lifecycle.ts'
import { holdFolder } from './launcher/heldFolder.ts'

export function downVerb(): Command {
  return new Command('down')
    .description('stop what a launch of this folder has left running')
    .option('--folder <folder>', 'the folder that was launched in', '.errand')
    .addHelpText(
      'after',
      '\nContainers, or Java programs, of a launch that could not stop them itself. Data stay. Refused (exit code 2) while an\nerrand runs that uses them.\n\nExamples:\n  errand down\n  errand down --folder .errand-2',
    )
    .action(down)
}

async function down({ folder }: { readonly folder: string }): Promise<void> {
  using shutdown = shutdownSignal()
  using held = await holdFolder(folder, shutdown.signal)
  const found = await held?.endLeft(shutdown.signal)
  console.log(found ? `Stopped what was left of ${folder}; its data stay.` : `Nothing of ${folder} was left running.`)
}
