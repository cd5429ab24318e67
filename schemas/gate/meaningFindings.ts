import type { Found } from './finding.ts'
import type { VersionPair } from './versionPair.ts'

export const meaningFindings = (_pair: VersionPair): readonly Found[] => []
