// `errand reset`: a folder as before its first launch, but for the secret and the app's own files.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { shutdownSignal } from '../process/lifecycle.ts'
import { confirmed } from './confirm.ts'
import { holdFolder } from './launcher/heldFolder.ts'

type Options = { readonly folder: string; readonly yes?: boolean }

export function resetVerb(): Command {
  return new Command('reset')
    .description('delete the data of this folder: topics, schemas, statuses, clients')
    .option('--folder <folder>', 'the folder that was launched in', '.errand')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      "\nDeletes every topic, schema, status and client that launches of the folder have made, after asking. The secret stays, and\nwith it the development key; so do the app's own files. Refused (exit code 2) while an errand runs that uses them.\n\nExamples:\n  errand reset\n  errand reset --folder .errand-2 --yes\n\nExit code 1: the answer was no.",
    )
    .action(reset)
}

async function reset({ folder, yes = false }: Options): Promise<void> {
  using shutdown = shutdownSignal()
  const { signal } = shutdown
  using held = await holdFolder(folder, signal)
  if (held === undefined) return console.log(`Nothing was ever launched in ${folder}, so there is nothing to delete.`)
  if (
    !yes &&
    !(await confirmed(`Delete all topics, schemas, statuses and clients of ${held.home}? (yes/no) `, {
      to: 'delete',
      signal,
    }))
  ) {
    console.log('Nothing is deleted.')
    process.exitCode = 1
    return
  }
  await held.deleteData(signal)
  for (const name of ['store.sqlite', 'store.sqlite-wal', 'store.sqlite-shm', 'env'])
    await rm(join(held.home, name), { force: true })
  console.log(`The data of ${folder} are deleted; its secret stays.`)
}
