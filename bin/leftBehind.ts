// What a roll-back leaves behind: requests of a type that this app does not have. Nobody of this version reads their topic,
// and that must not go unsaid: a client holds a 202 for each of them (I2).
import { recordsBehind } from '../consumers/standing.ts'
import type { Catalogue } from '../kafka/catalogue.ts'
import type { Admin } from '../kafka/log.ts'

export type LeftBehind = { readonly type: string; readonly topic: string; readonly records: bigint }

/** The request types that only the cluster has, with how many of their requests no worker has committed. None where nothing waits. */
export async function requestsLeftBehind(
  admin: Admin,
  { requests, groupOf, topics }: Pick<Catalogue, 'requests' | 'groupOf' | 'topics'>,
): Promise<readonly LeftBehind[]> {
  const prefix = requests('')
  const known = new Set(topics.map(({ name }) => name))
  const others = (await admin.topics()).filter((topic) => topic.startsWith(prefix) && !known.has(topic))
  const counted = await Promise.all(
    others.map(async (topic) => {
      const type = topic.slice(prefix.length)
      return { type, topic, records: await recordsBehind(admin, groupOf('workers', type), [topic]) }
    }),
  )
  return counted.filter(({ records }) => records > 0n)
}

/** In words that a log line and a diagnosis share. */
export const whyLeftBehind = ({ type, records }: LeftBehind): string =>
  `${records} ${records === 1n ? 'request' : 'requests'} of the type "${type}" ${records === 1n ? 'waits' : 'wait'}, and this version of the app does not have it: start a version that does, until all are done`
