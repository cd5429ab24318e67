// Whose turn it is to be called: what keeps a receiver that is slow or down from holding up the others. A receiver is an
// origin. How many may be under way to it at once depends on how its last attempt ended:
//
//   within a second                 128   most receivers, and what refuses the connection: that costs nobody anything
//   later, but with an answer        64
//   later and without one, unknown   16   and altogether no more than half of all that may be under way
//
// Whoever would have its turn within a second waits for it. Whoever would not is crowded out, before it takes a slot, and is
// told when its turn would come: one after the other, so that a thousand do not come back together and in vain. Nothing but
// this process's own attempts is counted; nothing is kept of a receiver that others have pushed out of memory.
import { Chain } from '../../process/chain.ts'
import { chance } from '../../process/chance.ts'
import type { Clock } from '../../process/clock.ts'

/** So long is waited in place, and so long may an attempt take to count as quick. */
export const patienceMs = 1_000
/** Bounds of the wait of what is crowded out. */
const crowdedMs = { least: 2_000, most: 300_000 }
const shares = { quick: 128, answered: 64, silent: 16 }
const mostKnown = 1_000

export type Turn =
  /** To be left once, when the attempt is over. */
  { readonly kind: 'entered'; leave(answered: boolean): void } | { readonly kind: 'crowded'; readonly afterMs: number }

export type ReceiversOptions = {
  /** All attempts that may be under way. */
  readonly atOnce: number
  readonly clock: Clock
  readonly random?: () => number
}

/** How many may be under way to a receiver whose last attempt ended so. */
export function shareAfter(tookMs: number, answered: boolean): number {
  if (tookMs <= patienceMs) return shares.quick
  return answered ? shares.answered : shares.silent
}

export class Receivers {
  readonly #options: Required<ReceiversOptions>
  readonly #known = new Map<string, Receiver>()
  /** Attempts under way to receivers that were not quick when they began. */
  #doubtful = 0

  constructor(options: ReceiversOptions) {
    this.#options = { random: chance, ...options }
  }

  /** Resolves with a turn, or with when to come again. Rejects with the signal's reason when it aborts while this waits. */
  enter(origin: string, signal: AbortSignal): Promise<Turn> {
    const { clock } = this.#options
    const receiver = this.#of(origin)
    if (this.#isCrowded(receiver) || receiver.turnMs(clock.now()) > patienceMs)
      return Promise.resolve(this.#crowdedOut(receiver))
    if (!receiver.isFull) return Promise.resolve(this.#begin(receiver))
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        receiver.waiting.remove(place)
        timer[Symbol.dispose]()
        signal.removeEventListener('abort', leave)
        settle()
      }
      const leave = (): void => end(() => reject(signal.reason))
      const place = receiver.waiting.add(() => end(() => resolve(this.#begin(receiver))))
      const timer = clock.after(patienceMs, () => end(() => resolve(this.#crowdedOut(receiver))))
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #isCrowded({ isQuick }: Receiver): boolean {
    return !isQuick && this.#doubtful >= this.#options.atOnce / 2
  }

  #begin(receiver: Receiver): Turn {
    const { clock } = this.#options
    const startedMs = clock.now()
    const isDoubtful = !receiver.isQuick
    const place = receiver.underWay.add(startedMs)
    if (isDoubtful) this.#doubtful += 1
    return {
      kind: 'entered',
      leave: (answered) => {
        receiver.underWay.remove(place)
        if (isDoubtful) this.#doubtful -= 1
        receiver.ended(clock.now() - startedMs, answered)
        while (!receiver.isFull && receiver.waiting.first && !this.#isCrowded(receiver)) receiver.waiting.first()
      },
    }
  }

  #crowdedOut(receiver: Receiver): Turn {
    const { clock, random } = this.#options
    const turnMs = Math.max(receiver.book(clock.now()), crowdedMs.least)
    return { kind: 'crowded', afterMs: Math.round(turnMs * (0.5 + random() / 2)) }
  }

  #of(origin: string): Receiver {
    const known = this.#known.get(origin)
    if (known) return known
    const idle = this.#known.size < mostKnown ? undefined : [...this.#known].find(([, { isIdle }]) => isIdle)
    if (idle) this.#known.delete(idle[0])
    const receiver = new Receiver()
    this.#known.set(origin, receiver)
    return receiver
  }
}

class Receiver {
  /** When each attempt under way began. */
  readonly underWay = new Chain<number>()
  /** Lets in who waits. */
  readonly waiting = new Chain<() => void>()
  #share = shares.silent
  /** What the last attempt took. */
  #tookMs = 0
  /** Until when turns have been given to those that were crowded out. */
  #bookedMs = 0

  get isQuick(): boolean {
    return this.#share === shares.quick
  }

  get isFull(): boolean {
    return this.underWay.size >= this.#share
  }

  get isIdle(): boolean {
    return this.underWay.size + this.waiting.size === 0
  }

  /** How long one more would wait for its turn. What is still under way shows how slow it has become before it has ended. */
  turnMs(nowMs: number): number {
    return this.isFull ? (this.waiting.size + 1) * this.#paceMs(nowMs) : 0
  }

  /** Gives the next turn behind all that were given; returns how far away it is. */
  book(nowMs: number): number {
    const turnMs = Math.max(this.#bookedMs, nowMs) + this.#paceMs(nowMs)
    this.#bookedMs = Math.min(turnMs, nowMs + crowdedMs.most)
    return this.#bookedMs - nowMs
  }

  ended(tookMs: number, answered: boolean): void {
    this.#tookMs = tookMs
    this.#share = shareAfter(tookMs, answered)
    if (this.isQuick) this.#bookedMs = 0
  }

  #paceMs(nowMs: number): number {
    return Math.max(this.#tookMs, nowMs - (this.underWay.first ?? nowMs)) / this.#share
  }
}
