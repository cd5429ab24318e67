// The package that this program belongs to: published and built, or this repository, unbuilt.
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname } from 'node:path'

const manifest = findPackageJSON(import.meta.url) as string

export const packageFolder = dirname(manifest)

export const isBuilt = import.meta.url.endsWith('.js')

export const { version }: { readonly version: string } = JSON.parse(readFileSync(manifest, 'utf8'))
