import type { Found } from './finding.ts'
import type { NumberedSchema } from './versionPair.ts'

export const schemaFindings = (_version: NumberedSchema): readonly Found[] => []
