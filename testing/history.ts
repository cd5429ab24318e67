// The history checker: judges what is known of a run against what Errand promises. Pure, and the same for simulations, for
// real processes and for a user's own tests.
//
//   I1, I2  nothing that was accepted is lost
//   I3      within one ownership of a partition records of one key are handled one at a time and in order
//   verdict a run is answered once: whatever was told of it, was told alike
//   ledger  work is repeated no more than what was in flight, or has ended since the last commit, when an owner went away

/** What has happened, in the order in which it did. `id` names a record; a redriven one is another. */
export type HistoryEvent =
  /** The log has acknowledged it. `order` is its place among those of its key: its offset, if the key lies in one partition. */
  | { readonly kind: 'accepted'; readonly id: string; readonly key: string | null; readonly order: number | bigint }
  /** A handler begins. `owner` is one ownership of a partition, from assignment to loss. */
  | { readonly kind: 'began'; readonly id: string; readonly owner: string }
  /** `done`: nothing is left to do of it; `again`: it will be tried again; `aborted`: its signal has told it to stop. */
  | { readonly kind: 'ended'; readonly id: string; readonly owner: string; readonly how: 'done' | 'again' | 'aborted' }
  /** All that this owner has done until now is in a commit. */
  | { readonly kind: 'committed'; readonly owner: string }
  /** It owns nothing any more: crashed, evicted, drained, or the partition has moved. */
  | { readonly kind: 'gone'; readonly owner: string }
  /** A client was told, in these words. */
  | { readonly kind: 'told'; readonly id: string; readonly answer: string }

/** What is wrong with a history, and how often work was repeated in it. */
export type Judgement = {
  /** Each a sentence that names the record. Empty: every promise was kept. */
  readonly problems: readonly string[]
  readonly accepted: number
  /** How often a record was done that had been done before. */
  readonly repeats: number
  /** How often that was to be expected: what was in flight or not committed when an owner went away. */
  readonly repeatsAllowed: number
}

/** What is known of an ownership while it lasts. */
type Ownership = {
  readonly inFlight: Map<string, string>
  readonly lastOfKey: Map<string, string>
  doneSinceCommit: number
}

/**
 * Judges a history that has come to its rest: what was accepted and not done counts as lost. `mustBeTold` also asks for an
 * answer to everything, as of requests with a callback.
 */
export function judge(history: readonly HistoryEvent[], { mustBeTold = false } = {}): Judgement {
  const accepted = new Map(history.flatMap((event) => (event.kind === 'accepted' ? [[event.id, event] as const] : [])))
  const problems: string[] = []
  const owners = new Map<string, Ownership>()
  const done = new Set<string>()
  const told = new Map<string, string>()
  let [repeats, repeatsAllowed] = [0, 0]
  const ownership = (owner: string): Ownership => {
    const known = owners.get(owner) ?? { inFlight: new Map(), lastOfKey: new Map(), doneSinceCommit: 0 }
    owners.set(owner, known)
    return known
  }

  const begin = (id: string, owner: string): void => {
    const record = accepted.get(id)
    if (!record) return void problems.push(`${id} was handled, and never accepted`)
    if (record.key === null) return void ownership(owner).inFlight.set(id, id)
    const { inFlight, lastOfKey } = ownership(owner)
    const [running, last] = [inFlight.get(record.key), lastOfKey.get(record.key)]
    if (running !== undefined)
      problems.push(`${id} began while ${running} of the same key ${record.key} ran at ${owner}`)
    if (last !== undefined && accepted.get(last)!.order > record.order)
      problems.push(`${id} began after ${last}, which came after it under the same key ${record.key}, at ${owner}`)
    inFlight.set(record.key, id)
    lastOfKey.set(record.key, id)
  }

  const end = (id: string, owner: string, how: 'done' | 'again' | 'aborted'): void => {
    const { inFlight } = ownership(owner)
    const slot = accepted.get(id)?.key ?? id
    if (inFlight.get(slot) === id) inFlight.delete(slot)
    if (how !== 'done') return
    ownership(owner).doneSinceCommit += 1
    if (done.has(id)) repeats += 1
    done.add(id)
  }

  for (const event of history)
    switch (event.kind) {
      case 'accepted':
        break
      case 'began':
        begin(event.id, event.owner)
        break
      case 'ended':
        end(event.id, event.owner, event.how)
        break
      case 'committed':
        ownership(event.owner).doneSinceCommit = 0
        break
      case 'gone': {
        const { inFlight, doneSinceCommit } = ownership(event.owner)
        repeatsAllowed += inFlight.size + doneSinceCommit
        break
      }
      case 'told': {
        const before = told.get(event.id)
        if (before !== undefined && before !== event.answer)
          problems.push(`${event.id} was answered twice: ${before}, and ${event.answer}`)
        told.set(event.id, event.answer)
        break
      }
      default:
        event satisfies never
    }
  for (const id of accepted.keys()) {
    if (!done.has(id)) problems.push(`${id} was accepted, and is lost`)
    else if (mustBeTold && !told.has(id)) problems.push(`${id} is done, and nobody was told`)
  }
  if (repeats > repeatsAllowed)
    problems.push(`${repeats} records were done again, where ${repeatsAllowed} were in flight or not committed`)
  return { problems, accepted: accepted.size, repeats, repeatsAllowed }
}
