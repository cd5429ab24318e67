// Who has held a partition, as far as a successor must know it: whether it was let go in order, and what to suspect where its
// holders keep dying. A record that kills its process would otherwise kill the whole group, one process after the other.
//
//   held ── rebalance, drain ──▶ released ─▶ the next holder counts nothing
//   held ── died, or evicted ──▶ taken over uncleanly: 1, 2, … while the position stays where it is
//   from 2 on                    its records run alone, each named in a commit before it runs
//   named at two such ends       that record is given up without being run again
//
// Two ends, not one: a record of another partition may have ended the process while this one ran. Pure.

export type Custody = {
  readonly released: boolean
  /** Which process holds it (turn.ts). */
  readonly process?: number
  /** Unclean takeovers in a row between which the position has not moved. */
  readonly unclean: number
  /** The record that runs alone now, or did when holders ended: at how many ends. */
  readonly alone?: { readonly offset: bigint; readonly ends: number; readonly runs: boolean }
}

/** Of a partition that nobody has held, or of whose holders nothing is known. */
export const newCustody: Custody = { released: true, unclean: 0 }

const suspectFrom = 2
const killerFrom = 2

/** What a new holder knows from the last commit of the one before. One that takes over from itself was only taken for dead. */
export function takenOver({ released, unclean, alone, process: before }: Custody, process: number): Custody {
  const isEnd = !released && before !== process
  const ends = alone === undefined ? 0 : alone.ends + (alone.runs && isEnd ? 1 : 0)
  return {
    ...{ released: false, process },
    unclean: unclean + (isEnd ? 1 : 0),
    ...(alone && ends > 0 ? { alone: { offset: alone.offset, ends, runs: false } } : {}),
  }
}

/** Whether the records of this partition run one at a time. */
export const isSuspicious = ({ unclean }: Custody): boolean => unclean >= suspectFrom

/** Whether this record was alone often enough when its process ended. */
export const isKiller = ({ alone }: Custody, offset: bigint): boolean =>
  alone?.offset === offset && alone.ends >= killerFrom
