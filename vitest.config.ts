import { defineConfig } from 'vitest/config'

const project = (name: string, groupOrder: number, extra: object) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    sequence: { groupOrder },
    ...extra,
  },
})

// unit: no broker, under 30 s; its files share their modules, which is most of what they would wait for. integration and e2e: one broker and one registry, launched once in a folder of their own.
const launched = { globalSetup: ['tests/system.ts'], testTimeout: 60_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    projects: [
      project('unit', 0, { isolate: false, maxWorkers: 3, testTimeout: 20_000 }),
      project('integration', 1, launched),
      project('e2e', 2, { ...launched, fileParallelism: false, testTimeout: 240_000 }),
    ],
  },
})
