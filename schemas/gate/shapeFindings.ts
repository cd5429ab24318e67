import type { Found } from './finding.ts'
import type { VersionPair } from './versionPair.ts'

export const shapeFindings = (_pair: VersionPair): readonly Found[] => []
