import type { Found } from './finding.ts'
import type { VersionPair } from './versionPair.ts'

export const runtimeFindings = (_pair: VersionPair): readonly Found[] => []
