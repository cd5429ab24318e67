// The registry subjects of an app: the schemas that it writes, under which names, and what new versions owe to older ones.
import { isDeepStrictEqual } from 'node:util'
import type { AnyApp } from '../app/app.ts'
import { isKeyed } from '../app/event.ts'
import type { AvroSchema, CompatibilityLevel, RecordType } from '../app/record.ts'

/** A registry subject with the schema that this app writes under it. */
export type Subject = {
  readonly name: string
  readonly schema: AvroSchema
  /** What a new version owes to older ones. Absent: the default, BACKWARD_TRANSITIVE. */
  readonly level?: CompatibilityLevel
  /** Its topic is others' too, and so are its versions and its level. */
  readonly takenOver?: true
}

/** The platform's own schemas, which lie under the catalogue's topics beside the app's. */
export type PlatformSchemas = {
  readonly failure: AvroSchema
  readonly progress: AvroSchema
  readonly delivery: AvroSchema
  readonly member: AvroSchema
  readonly control: AvroSchema
  readonly deadState: AvroSchema
}

/** What the topics are called under whose names an app's records lie. */
export type TopicNames = {
  readonly results: string
  readonly progress: string
  readonly deliveries: string
  /** Key: a process. What it holds and works on. */
  readonly members: string
  /** Key: `controlName` of a group. What an operator has told its members. */
  readonly controls: string
  requests(type: string): string
  event(name: string): string
}

/** `states`: topics with what became of dead letters. */
type Names = TopicNames & { readonly states: readonly string[] }

/** `<topic>-value`, as other clients name it by default; on `results`, which carries several records, `<topic>-<record>`. */
export function subjectsOf(app: AnyApp, names: Names, platform: PlatformSchemas): readonly Subject[] {
  const { results, progress, deliveries, members, controls, requests, event, states } = names
  const types = Object.entries(app.requests)
  return once([
    ...app.events
      .filter(({ format }) => format === 'avro')
      .flatMap((each): readonly Subject[] => {
        const subject = subjectOf(`${event(each.name)}-value`, each.record)
        if (each.topic === undefined) return [subject]
        return isKeyed(each) ? [{ ...subject, takenOver: true }] : [] // one that is only read needs no schema of ours
      }),
    ...types.flatMap(([type, { input, result }]) => [
      subjectOf(`${requests(type)}-value`, input),
      subjectOf(`${results}-${result.name}`, result),
    ]),
    ...(types.length > 0
      ? [
          { name: `${results}-errand.Failure`, schema: platform.failure },
          { name: `${progress}-value`, schema: platform.progress },
          { name: `${deliveries}-value`, schema: platform.delivery },
        ]
      : []),
    ...states.map((state) => ({ name: `${state}-value`, schema: platform.deadState })),
    { name: `${members}-value`, schema: platform.member },
    { name: `${controls}-value`, schema: platform.control },
  ])
}

const subjectOf = (name: string, { schema, compatibility: level }: RecordType): Subject => ({
  name,
  schema,
  ...(level === undefined ? {} : { level }),
})

/**
 * Two types may have one result record: that is one subject, with the level of the first. Other schemas of one name stay, for
 * the registry to refuse.
 */
const once = (subjects: readonly Subject[]): readonly Subject[] =>
  subjects.filter(
    ({ name, schema }, index) =>
      subjects.findIndex((other) => other.name === name && isDeepStrictEqual(other.schema, schema)) === index,
  )
