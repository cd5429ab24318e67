// From a folder's series to the subject that its versions are registered under, by the name of the request type or event.
import type { AnyApp } from '../../app/app.ts'
import type { Catalogue } from '../../kafka/catalogue.ts'
import type { Subject } from '../../kafka/subjects.ts'
import type { Series } from './folder.ts'

/** Undefined where the app has no such request type or event, or writes it without a schema of ours. */
export function subjectOf(series: SeriesName, app: AnyApp, catalogue: Catalogue): Subject | undefined {
  const named = nameOf(series, app, catalogue)
  return catalogue.subjects.find(({ name }) => name === named)
}

type SeriesName = Pick<Series, 'of' | 'part'>

function nameOf({ of, part }: SeriesName, { events, requests }: AnyApp, catalogue: Catalogue): string | undefined {
  const request = Object.hasOwn(requests, of) ? requests[of] : undefined
  if (part === 'input') return request && `${catalogue.requests(of)}-value`
  if (part === 'result') return request && `${catalogue.results}-${request.result.name}`
  return events.some(({ name }) => name === of) ? `${catalogue.event(of)}-value` : undefined
}
