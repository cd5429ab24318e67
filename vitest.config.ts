import { defineConfig } from 'vitest/config'

// Tests launch through Java whatever else runs, so that nobody's result depends on it; through Docker only where it is named.
process.env.ERRAND_LAUNCHER ||= 'java'
const onContainers = process.env.ERRAND_TESTS_ON === 'containers'

const project = (name: string, groupOrder: number, extra: object) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    sequence: { groupOrder },
    ...extra,
  },
})

// No broker: files share their modules, which is most of what they would wait for.
const inMemory = { isolate: false, maxWorkers: 3, testTimeout: 20_000 }
// One broker and one registry, launched once in a folder of their own.
const launched = { globalSetup: ['tests/system.ts'], testTimeout: 60_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    projects: [
      project('unit', 0, {
        ...inMemory,
        include: ['tests/unit/**/*.test.ts', 'examples/*/tests/*.test.ts'],
      }),
      // The whole on the log in memory, in real time: it waits more than it works, and so runs beside the simulation,
      // which must then have as many workers.
      project('memory', 1, inMemory),
      // A hundred schedules of faults; `npm run test:simulation` tries a thousand.
      project('simulation', 1, { maxWorkers: inMemory.maxWorkers, testTimeout: 900_000 }),
      project('integration', 2, {
        ...launched,
        exclude: [
          `tests/integration/launcher/${onContainers ? 'java' : 'docker'}.test.ts`,
          ...(onContainers ? ['tests/integration/secured/{kafka,system}.test.ts'] : []), // their broker is launched with Java
        ],
      }),
      project('e2e', 3, { ...launched, fileParallelism: false, testTimeout: 240_000 }),
      // As short as each can be; `npm run test:chaos` is the long form.
      project('chaos', 5, { ...launched, fileParallelism: false, testTimeout: 900_000 }),
      // Not in `npm test`: it installs from npm's registry.
      project('package', 4, {
        ...launched,
        globalSetup: [...launched.globalSetup, 'tests/package/setup.ts'],
        fileParallelism: false,
        testTimeout: 600_000,
      }),
    ],
  },
})
