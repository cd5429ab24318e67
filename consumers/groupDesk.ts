// The operator's desk: sees all groups of an app, and tells their members what to do. `errand groups` and `/v1/ops/groups`.
import { ErrandError } from '../app/errors.ts'
import { controlName, type Group, topicsOf } from '../kafka/catalogue.ts'
import type { Control } from '../schemas/platform/generated.ts'
import { control, isControllable, readControls, type Told } from './controls.ts'
import { groupLag } from './groupLag.ts'
import { groupNamed } from './groupNamed.ts'
import { type GroupView, groupView } from './groupView.ts'
import { memberReports } from './memberReports.ts'
import { nameOf } from './positions.ts'
import type { Platform } from './role.ts'

export type GroupDesk = {
  /** All groups, or the one that is named. Rejects with `unknown-group`, and as the log does. */
  view(name?: string): Promise<readonly GroupView[]>
  /** Rejects with `unknown-group` or `not-controllable`, and as the producer does. */
  control(name: string, change: Partial<Told>): Promise<Control>
}

export type GroupDeskOptions = Omit<Platform, 'keyring' | 'onFailed'>

export function groupDesk(options: GroupDeskOptions): GroupDesk {
  const { app, catalogue, log, clock } = options
  const named = (name: string): Group => groupNamed(catalogue.groups, name)
  /** What its declaration says: how many tries, and where it begins. */
  const declared = ({ role, name }: Group) =>
    role === 'workers' ? app.requests[name] : role === 'subscribers' ? app.subscribers[name] : undefined
  return {
    view: async (name) => {
      const groups = name === undefined ? catalogue.groups : [named(name)]
      const [reports, controls, topics] = await Promise.all([
        memberReports(options),
        readControls(options),
        log.admin.topics(),
      ])
      const there = new Set(topics)
      const live = reports.filter(({ isSilent }) => !isSilent)
      return Promise.all(
        groups.map(async (group) => {
          const told = live.flatMap(({ groups: all }) => all.filter((each) => each.group === group.id))
          const held = new Map(told.flatMap(({ partitions }) => partitions.map((at) => [nameOf(at), at])))
          const declaration = declared(group)
          const from = declaration && 'from' in declaration ? declaration.from : 'earliest'
          const own = topicsOf(group).filter((topic) => there.has(topic))
          const lags = await groupLag({ log, group, topics: own, from, held })
          return groupView({
            ...{ group, reports, lags, nowMs: clock.now() },
            control: controls.get(controlName(group)),
            attempts: declaration?.retry.attempts,
          })
        }),
      )
    },
    control: async (name, change) => {
      const group = named(name)
      if (!isControllable(group))
        throw new ErrandError(
          'not-controllable',
          `${controlName(group)} only follows the log, and cannot be controlled`,
        )
      return control(options, group, change)
    },
  }
}
