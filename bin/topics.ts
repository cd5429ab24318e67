// `errand topics plan|apply`: the cluster's topics as the app wants them.
import { Command } from 'commander'
import { ErrandError } from '../app/errors.ts'
import type { Catalogue } from '../kafka/catalogue.ts'
import type { Admin, TopicSpec } from '../kafka/log.ts'
import { type TopicStep, topicPlan } from '../kafka/topicPlan.ts'
import { openSystem } from './system.ts'

type Options = { readonly app: string; readonly json?: boolean; readonly allowSingleReplica?: boolean }

/**
 * Creates and enlarges what is the app's own, and returns the plan as it was before. Does nothing and throws
 * `single-replica` where one broker would hold all, unless allowed, and `topic-missing` where a topic that the app takes
 * over is not there.
 */
export async function applyTopics(
  admin: Admin,
  catalogue: Catalogue,
  { allowSingleReplica = false }: { readonly allowSingleReplica?: boolean } = {},
): Promise<readonly TopicStep[]> {
  const plan = await planTopics(admin, catalogue)
  const absent = plan.flatMap((step) => (step.kind === 'missing' ? [step.topic.name] : []))
  if (absent.length > 0) throw topicMissing(absent)
  const missing = plan.flatMap((step) => (step.kind === 'create' ? [step.topic] : []))
  if (!allowSingleReplica && missing.some(({ replicas }) => replicas === 1))
    throw new ErrandError(
      'single-replica',
      'the cluster has fewer than three brokers, so every topic would have one replica and an acknowledged request could be lost with it; add brokers, or pass --allow-single-replica',
    )
  await admin.create(missing)
  await admin.grow(plan.flatMap((step) => (step.kind === 'grow' ? [step.topic] : [])))
  return plan
}

/** `topic-missing`: the app takes over topics that this cluster does not have. */
export const topicMissing = (names: readonly string[]): ErrandError =>
  new ErrandError(
    'topic-missing',
    `the app takes over ${names.map((name) => `"${name}"`).join(', ')}, which this cluster does not have; Errand creates only topics of its own: is it the right cluster, and the right name in { topic }? Else create it first, with the tools of whoever it belongs to`,
  )

/** What has to be done for the catalogue's topics to be there. */
export async function planTopics(admin: Admin, catalogue: Catalogue): Promise<readonly TopicStep[]> {
  const names = [...catalogue.topics.map(({ name }) => name), ...catalogue.takenOver]
  return topicPlan(catalogue, await admin.describe(names), await admin.brokers())
}

function print(plan: readonly TopicStep[], { json, done }: { readonly json: boolean; readonly done: boolean }): void {
  if (json) {
    console.log(JSON.stringify(plan))
    return
  }
  for (const step of plan) for (const line of linesOf(step, done)) console.log(line)
  const count = (kind: TopicStep['kind']): number => plan.filter((step) => step.kind === kind).length
  const parts = [
    `${count('create')} ${done ? 'created' : 'to create'}`,
    ...(count('grow') > 0 ? [`${count('grow')} ${done ? 'enlarged' : 'to enlarge'}`] : []),
    `${count('same')} as wanted`,
    ...(count('taken-over') > 0 ? [`${count('taken-over')} taken over`] : []),
    `${count('differs')} different${count('differs') > 0 ? ' (left alone: change them yourself)' : ''}`,
    ...(count('missing') > 0 ? [`${count('missing')} taken over and not there (see --help)`] : []),
  ]
  console.log(parts.join(', '))
}

function linesOf(step: TopicStep, done: boolean): readonly string[] {
  const signs = { create: done ? 'created' : 'create ', same: 'same   ', grow: done ? 'grown  ' : 'grow   ' } as const
  switch (step.kind) {
    case 'missing':
      return [`MISSING  ${step.topic.name}  is taken over, and this cluster does not have it`]
    case 'taken-over':
      return [`others'  ${sizeOf(step.topic)}`]
    case 'grow':
      return [`${signs.grow}  ${sizeOf(step.topic)}; it has ${step.from}`]
    case 'differs':
      return [`DIFFERS  ${sizeOf(step.topic)}`, ...step.differences.map((difference) => `         ${difference}`)]
    default:
      return [`${signs[step.kind]}  ${sizeOf(step.topic)}`]
  }
}

const sizeOf = ({ name, partitions, replicas }: Omit<TopicSpec, 'config'>): string =>
  `${name}  ${partitions} partitions, ${replicas} replicas`

export function topicsVerb(): Command {
  const common = (command: Command): Command =>
    command.option('--app <file>', "the app's module", 'app.ts').option('--json', 'print the plan as JSON')
  const run =
    (done: boolean) =>
    async ({ app, json = false, allowSingleReplica = false }: Options) => {
      await using system = await openSystem(app, { clientId: 'topics', logLevel: 'error' })
      const { admin } = system.kafka
      const plan = done
        ? await applyTopics(admin, system.catalogue, { allowSingleReplica })
        : await planTopics(admin, system.catalogue)
      print(plan, { json, done })
      if (plan.some(({ kind }) => kind === 'differs' || kind === 'missing')) process.exitCode = 1
    }
  return new Command('topics')
    .description("create the app's topics")
    .addCommand(
      common(new Command('plan').description('show what would be created; changes nothing')).action(run(false)),
    )
    .addCommand(
      common(new Command('apply').description('create what is missing; leaves what exists as it is'))
        .option('--allow-single-replica', 'on a cluster of fewer than three brokers')
        .action(run(true)),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  errand topics plan --app app.ts\n  errand topics apply --app app.ts --allow-single-replica\n\nA topic that the app takes over is neither created nor changed; the retry and dead topics of its groups get as many partitions\nas it has. Exit code 1: a topic exists otherwise than the app says, or is taken over and not there.',
    )
}
