// What the tests of the package run on: the tarball that `npm pack` makes of this repository, and two Nodes: the oldest that
// package.json allows, and the one of this repository.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

/** As `npm pack --json` tells it; sizes in bytes. */
export type Packed = {
  readonly path: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

/** A Node and the folder of its program. */
export type TestNode = { readonly version: string; readonly folder: string }

declare module 'vitest' {
  interface ProvidedContext {
    packed: Packed
    nodes: readonly TestNode[]
    npmCache: string
  }
}

const npm = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)('npm', [...args], { maxBuffer: 8_388_608 })).stdout

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-package-'))
  project.provide('packed', await pack(folder))
  project.provide('nodes', [await oldestNode(folder), { version: process.version, folder: dirname(process.execPath) }])
  project.provide('npmCache', await npmCache(folder))
  return () => rm(folder, { recursive: true, force: true })
}

/** npm's cache with all that it has downloaded, and a place of its own for what npx installs. */
async function npmCache(folder: string): Promise<string> {
  const cache = join(folder, 'cache')
  await mkdir(cache)
  await symlink(join((await npm('config', 'get', 'cache')).trim(), '_cacache'), join(cache, '_cacache'))
  return cache
}

async function pack(folder: string): Promise<Packed> {
  const said = await npm('pack', '--json', '--pack-destination', folder)
  const [{ filename, size, unpackedSize, files }] = JSON.parse(said.slice(said.indexOf('[\n')))
  return { path: join(folder, filename), size, unpackedSize, files }
}

/** Of npm's own packages of Node for each platform. */
async function oldestNode(folder: string): Promise<TestNode> {
  const { engines } = JSON.parse(await readFile('package.json', 'utf8'))
  const oldest = `${/^>=(\d+\.\d+)$/.exec(engines.node)![1]}.0`
  const name = `node-${process.platform}-${process.arch}`
  await writeFile(join(folder, 'package.json'), '{}')
  await npm('install', '--prefix', folder, '--no-audit', '--no-fund', `${name}@${oldest}`)
  return { version: `v${oldest}`, folder: join(folder, 'node_modules', name, 'bin') }
}
