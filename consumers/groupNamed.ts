// The group that somebody means: by its name within the app, `workers.punctuality`, or by its id.
import { ErrandError } from '../app/errors.ts'
import { controlName, type Group } from '../kafka/catalogue.ts'

/** Throws `unknown-group`, which names those that there are. */
export function groupNamed<G extends Group>(groups: readonly G[], name: string): G {
  const group = groups.find((each) => each.id === name || controlName(each) === name)
  if (group) return group
  const known = groups.map(controlName).join(', ') || 'none'
  throw new ErrandError('unknown-group', `the app has no group "${name}"; its groups: ${known}`)
}
