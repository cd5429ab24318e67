// Loads the app that a verb runs on: the default export of a module.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type App, isDeclared } from '../app/app.ts'
import { ErrandError } from '../app/errors.ts'
import { packageFolder } from './package.ts'

/**
 * Imports `path` (relative to the working folder), TypeScript unbuilt or JavaScript. Throws, with the remedy, `no-app`,
 * `no-type-stripping`, or `other-errand` where the app was declared with another copy of errand than this.
 */
export async function loadApp(path: string): Promise<App> {
  const file = resolve(path)
  if (!existsSync(file)) throw new ErrandError('no-app', `there is no app at ${path}; name its module with --app`)
  if (/\.[mc]?ts$/.test(file) && !process.features.typescript)
    throw new ErrandError(
      'no-type-stripping',
      `${path} is TypeScript, and this Node (${process.version}) is told not to strip types; take that out of NODE_OPTIONS, or build the app and name its JavaScript with --app`,
    )
  const module: { readonly default?: unknown } = await import(pathToFileURL(file).href)
  if (isDeclared(module.default)) return module.default
  if (looksLikeApp(module.default))
    throw new ErrandError(
      'other-errand',
      `${path} imports another copy of errand than the one that runs it, ${packageFolder}; run the command that is installed with the app: npx errand, in its folder`,
    )
  throw new ErrandError('no-app', `${path} has no app as its default export; write \`export default defineApp({ … })\``)
}

const looksLikeApp = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'requests' in value && 'subscribers' in value && 'events' in value
