// Loads the app that a verb runs on: the default export of a module.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { App } from '../app/app.ts'
import { ErrandError } from '../app/errors.ts'

/** Imports `path` (relative to the working folder). Throws `no-app` where there is none, with the remedy. */
export async function loadApp(path: string): Promise<App> {
  const file = resolve(path)
  if (!existsSync(file)) throw new ErrandError('no-app', `there is no app at ${path}; name its module with --app`)
  const module: { readonly default?: unknown } = await import(pathToFileURL(file).href)
  if (!isApp(module.default))
    throw new ErrandError(
      'no-app',
      `${path} has no app as its default export; write \`export default defineApp({ … })\``,
    )
  return module.default
}

const isApp = (value: unknown): value is App =>
  typeof value === 'object' &&
  value !== null &&
  'requests' in value &&
  'subscribers' in value &&
  'events' in value &&
  'resources' in value
