// What is wrong with names that an app takes over: a topic or a group that is given, not made within the namespace.
import type { AnyEvent } from './event.ts'
import type { Subscriber } from './subscriber.ts'

/** Kafka's own rule for topics; of a group it is asked because its retry and dead topics carry its name. */
const legal = /^(?!\.{1,2}$)[a-zA-Z0-9._-]+$/
const maxTopicLength = 249
/** Leaves room for a namespace and `.dead.state` within Kafka's 249 characters. */
const maxGroupLength = 130

/** Groups of an Errand app, and the topics that only they may read and write. */
const groupOfAnApp = /^[^.]+\.((workers|subscribers)\..+|callbacks)$/
const topicOfAGroup = /^[^.]+\.(((workers|subscribers)\..+|callbacks)\.(retry|dead|dead\.state)|delay\..+)$/
/** Within the namespace, `<group>.retry` would be another group's. */
const groupOfThePlatform = /^(requests|workers|subscribers|callbacks|delay)(\.|$)/

/** Two names that Kafka takes for one topic: they differ in "." and "_" alone (KAFKA-2337), or in nothing. */
export const isTwin = (one: string, other: string): boolean => one.replaceAll('_', '.') === other.replaceAll('_', '.')

/** Every problem of the topics and groups that are taken over, in sentences. */
export function takeoverProblems(
  events: readonly AnyEvent[],
  subscribers: Readonly<Record<string, Pick<Subscriber<never>, 'group'>>>,
): readonly string[] {
  const topics = events.flatMap(({ name, topic }) => (topic === undefined ? [] : [{ of: `event "${name}"`, topic }]))
  const groups = Object.entries(subscribers).flatMap(([name, { group }]) =>
    group === undefined ? [] : [{ of: `subscriber "${name}"`, group }],
  )
  return [
    ...topics.flatMap(({ of, topic }) =>
      topicProblems(topic).map((problem) => `${of}: the topic "${topic}" ${problem}`),
    ),
    ...groups.flatMap(({ of, group }) =>
      groupProblems(group).map((problem) => `${of}: the group "${group}" ${problem}`),
    ),
    ...twins(topics, ({ topic }) => topic).map(
      ([one, other]) => `${one.of} and ${other.of} are on one topic, "${other.topic}": a topic holds one event`,
    ),
    ...twins(groups, ({ group }) => group).map(
      ([one, other]) =>
        `${one.of} and ${other.of} have one group, "${other.group}": each would get a part of the records`,
    ),
  ]
}

const topicProblems = (topic: string): readonly string[] => {
  if (!legal.test(topic) || topic.length > maxTopicLength)
    return [`is no topic's name: letters, digits, ".", "_" and "-", ${maxTopicLength} at most`]
  return topicOfAGroup.test(topic) ? ['belongs to a group of an Errand app, which alone may read and write it'] : []
}

const groupProblems = (group: string): readonly string[] => {
  if (!legal.test(group) || group.length > maxGroupLength)
    return [
      `cannot name a retry topic: letters, digits, ".", "_" and "-", ${maxGroupLength} at most; copy its offsets to a group that can`,
    ]
  if (groupOfThePlatform.test(group))
    return ['would have the retry topic of a group of the platform; it needs another name']
  return groupOfAnApp.test(group) ? ['is a group of an Errand app, whose own subscriber reads with it'] : []
}

/** Each entry with the first one before it of the same name. */
const twins = <T>(entries: readonly T[], nameOf: (entry: T) => string): readonly (readonly [T, T])[] =>
  entries.flatMap((entry, index) => {
    const twin = entries.slice(0, index).find((other) => isTwin(nameOf(other), nameOf(entry)))
    return twin === undefined ? [] : [[twin, entry] as const]
  })
