// `npm run build`: what is published, in dist/: JavaScript and declarations of the rooms, the platform's schemas, and the
// files of the example that `errand init` writes. In the repository everything runs without it.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { exampleFolder, templateFiles } from './bin/template.ts'

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (status !== 0) process.exit(1)
for (const file of globSync('schemas/platform/**/*.avsc')) cpSync(file, join('dist', file))
// As text: an app's TypeScript is data here, and npm would take its .gitignore for the package's own.
for (const file of templateFiles) cpSync(join(exampleFolder, file), join('dist/template', `${file}.txt`))
