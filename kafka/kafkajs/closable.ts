// What a log has opened and closes with itself.
import { closed } from '../logErrors.ts'
import { asClusterError } from './errors.ts'

export type Closable = { close(): Promise<void> }

/**
 * Opens a part of a log; it is in `opened` until it is closed, and closed again where it cannot be opened. Rejects with
 * `closed` where its log was closed meanwhile, which `isOpen` tells, else with the cluster's error.
 */
export async function openPart<T extends Closable>(
  part: T,
  {
    opened,
    isOpen,
    open,
  }: { readonly opened: Set<Closable>; readonly isOpen: () => boolean; readonly open: () => Promise<void> },
): Promise<T> {
  opened.add(part)
  try {
    await open()
    return part
  } catch (error) {
    const wasOpen = isOpen()
    await part.close()
    throw wasOpen ? asClusterError(error) : closed('this log')
  }
}
