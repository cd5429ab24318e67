// The published entry `errand/testing`: what an app is tested with.
export { type MemoryCluster, memoryCluster, memoryLog } from '../kafka/memory/log.ts'
export { type ManualClock, manualClock } from './manualClock.ts'
export { type LoggedLine, type TestContext, type TestContextOptions, testContext } from './testContext.ts'
