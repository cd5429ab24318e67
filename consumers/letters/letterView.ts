// Dead letters as JSON, for whoever asks over HTTP or with `--json`: times as RFC 3339 in UTC, offsets as numbers. Pure.
import { isoTime } from '../../process/isoTime.ts'
import type { Letter, PlaceInLog } from './letter.ts'
import type { GroupLetters, LetterDetail } from './letterList.ts'
import type { RedriveEvent } from './redrive.ts'
import type { PlannedLetter, RedrivePlan } from './redrivePlan.ts'

export function letterView<T extends Letter>({ firstFailedAtMs, diedAtMs, origin, at, ...letter }: T) {
  return {
    ...letter,
    ...(firstFailedAtMs === undefined ? {} : { firstFailedAt: isoTime(firstFailedAtMs) }),
    diedAt: isoTime(diedAtMs),
    origin: placeView(origin),
    at: placeView(at),
  }
}

export const groupLettersView = ({ letters, audits, ...group }: GroupLetters) => ({
  ...group,
  letters: letters.map(letterView),
  audits: audits.map(({ atMs, ...audit }) => ({ ...audit, at: isoTime(atMs) })),
})

export const detailView = ({ dealt, ...letter }: LetterDetail) => ({
  ...letterView(letter),
  ...(dealt === undefined ? {} : { dealt: { ...dealt, at: isoTime(dealt.at.getTime()) } }),
})

export const planView = ({ first, ...plan }: RedrivePlan) => ({ ...plan, first: first.map(plannedView) })

/** What a skip would close: that is whatever a redrive would send, or set aside. */
export const skipView = ({ group, letters, parked, first }: RedrivePlan) => ({
  group,
  letters: letters + parked,
  first: first.map(({ letter }) => letterView(letter)),
})

const plannedView = ({ letter, ...planned }: PlannedLetter) => ({ letter: letterView(letter), ...planned })

export const eventView = (event: RedriveEvent) =>
  event.kind === 'verdict' ? { ...event, letter: letterView(event.letter) } : event

const placeView = ({ topic, partition, offset }: PlaceInLog) => ({ topic, partition, offset: Number(offset) })
