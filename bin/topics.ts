// `errand topics plan|apply`: the cluster's topics as the app wants them.
import { Command } from 'commander'
import { ErrandError } from '../app/errors.ts'
import type { Catalogue } from '../kafka/catalogue.ts'
import type { Admin } from '../kafka/log.ts'
import { type TopicStep, topicPlan } from '../kafka/topicPlan.ts'
import { openSystem } from './system.ts'

type Options = { readonly app: string; readonly json?: boolean; readonly allowSingleReplica?: boolean }

/** Creates what is missing and returns the plan as it was before. Throws `single-replica` where one broker would hold all, unless allowed. */
export async function applyTopics(
  admin: Admin,
  catalogue: Catalogue,
  { allowSingleReplica = false }: { readonly allowSingleReplica?: boolean } = {},
): Promise<readonly TopicStep[]> {
  const plan = await planTopics(admin, catalogue)
  const missing = plan.flatMap((step) => (step.kind === 'create' ? [step.topic] : []))
  if (!allowSingleReplica && missing.some(({ replicas }) => replicas === 1))
    throw new ErrandError(
      'single-replica',
      'the cluster has fewer than three brokers, so every topic would have one replica and an acknowledged request could be lost with it; add brokers, or pass --allow-single-replica',
    )
  await admin.create(missing)
  return plan
}

const planTopics = async (admin: Admin, catalogue: Catalogue): Promise<readonly TopicStep[]> =>
  topicPlan(catalogue, await admin.describe(catalogue.topics.map(({ name }) => name)), await admin.brokers())

function print(plan: readonly TopicStep[], { json, done }: { readonly json: boolean; readonly done: boolean }): void {
  if (json) {
    console.log(JSON.stringify(plan))
    return
  }
  const signs = { create: done ? 'created' : 'create ', same: 'same   ', differs: 'DIFFERS' } as const
  for (const step of plan) {
    console.log(
      `${signs[step.kind]}  ${step.topic.name}  ${step.topic.partitions} partitions, ${step.topic.replicas} replicas`,
    )
    if (step.kind === 'differs') for (const difference of step.differences) console.log(`         ${difference}`)
  }
  const count = (kind: TopicStep['kind']): number => plan.filter((step) => step.kind === kind).length
  console.log(
    `${count('create')} ${done ? 'created' : 'to create'}, ${count('same')} as wanted, ${count('differs')} different${count('differs') > 0 ? ' (left alone: change them yourself)' : ''}`,
  )
}

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
      if (plan.some(({ kind }) => kind === 'differs')) process.exitCode = 1
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
      '\nExamples:\n  errand topics plan --app app.ts\n  errand topics apply --app app.ts --allow-single-replica\n\nExit code 1: a topic exists otherwise than the app says.',
    )
}
