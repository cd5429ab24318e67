#!/usr/bin/env -S node --disable-warning=TimeoutNegativeWarning --disable-warning=ExperimentalWarning
// What npm links as the command `errand`. Plain JavaScript, so that a Node that is too old can read what it lacks.
// The warnings: kafkajs sets timers in the past, and node:sqlite is experimental to Node 22.
import { existsSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'

/** Node 22 strips the types of an app, without a flag, from 22.18 on. package.json says the same in `engines`. */
const oldest = [22, 18]

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(
    `errand: it needs Node ${oldest.join('.')} or newer, and this is ${process.version} (${process.execPath})`,
  )
  process.exit(2)
}
// V8 puts what has mostly survived its first collections among the old objects from birth. What is under way in a burst of
// requests survives them, and from then on each dead request holds the next ones back: half the rate, for as long as the
// process lives (docs/benchmarks.md).
setFlagsFromString('--no-allocation-site-pretenuring')

// The repository's own sources run unbuilt; a package has none.
await import(existsSync(new URL('errand.ts', import.meta.url)) ? './errand.ts' : '../dist/bin/errand.js')
