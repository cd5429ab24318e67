// Whether generated.ts, which an app commits, is still what its schemas give.
import { ErrandError } from '../../app/errors.ts'
import { generateTypes } from '../codegen/generate.ts'
import type { Series } from '../folder/folder.ts'
import type { GateFinding } from './finding.ts'

const importOf = /^import type \{ RecordType \} from '([^']*)'$/m
const hint = 'Run errand schemas generate, and commit what it writes.'

/** One at most, told of the first series that it concerns. `text` is that of the file at `path`. */
export function generatedFindings(series: readonly Series[], path: string, text: string): readonly GateFinding[] {
  const [, recordTypeFrom] = importOf.exec(text) ?? []
  const typesOf = (some: readonly Series[]): string =>
    generateTypes(some, recordTypeFrom === undefined ? {} : { recordTypeFrom })
  const stale = ({ name, versions }: Series, message: string): readonly GateFinding[] => {
    const { version } = versions.at(-1)!
    return [{ severity: 'generated', type: 'STALE', at: '/', series: name, version, path, message, hint }]
  }
  try {
    if (typesOf(series) === text) return []
    const isMissing = (each: Series): boolean => declarationsOf(typesOf([each])).some((one) => !text.includes(one))
    return stale(series.find(isMissing) ?? series[0]!, 'generated.ts is not what the schemas give.')
  } catch (error) {
    if (error instanceof ErrandError) return stale(series[0]!, `generated.ts cannot be written: ${error.message}.`)
    throw error
  }
}

/** What follows the first lines, block by block. */
const declarationsOf = (text: string): readonly string[] => text.split('\n\n').slice(1)
