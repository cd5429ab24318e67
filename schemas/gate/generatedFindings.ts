// Whether generated.ts, which an app commits, is still what its schemas give.
import { ErrandError } from '../../app/errors.ts'
import type { Series } from '../folder.ts'
import { generateTypes } from '../generate.ts'
import type { Found } from './finding.ts'

const importOf = /^import type \{ RecordType \} from '([^']*)'$/m
const hint = 'run errand schemas generate, and commit what it writes'

/** `text` is that of generated.ts, undefined where there is none: then nobody uses it, and there is nothing to find. */
export function generatedFindings(series: readonly Series[], text: string | undefined): readonly Found[] {
  if (text === undefined) return []
  const stale = (message: string, rest: Partial<Found> = {}): readonly Found[] => [
    { severity: 'generated', type: 'STALE', at: '/', message, ...rest },
  ]
  try {
    const [, recordTypeFrom] = importOf.exec(text) ?? []
    const current = generateTypes(series, recordTypeFrom === undefined ? {} : { recordTypeFrom })
    return current === text ? [] : stale('generated.ts is not what the schemas give', { hint })
  } catch (error) {
    if (error instanceof ErrandError) return stale(`generated.ts cannot be written any more: ${error.message}`)
    throw error
  }
}
