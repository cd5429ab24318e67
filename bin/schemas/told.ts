// What one who was asked says besides the versions themselves: git, a registry, generated.ts.
import type { GateFinding } from '../../schemas/gate/finding.ts'
import type { Notes } from '../../schemas/gate/gateReport.ts'

export type Told = { readonly findings: readonly GateFinding[]; readonly notes?: Notes }
