import type { Found } from './finding.ts'
import type { VersionPair } from './versionPair.ts'

export const httpFindings = (_pair: VersionPair): readonly Found[] => []
