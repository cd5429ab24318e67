// The published entry `errand/testing`: what an app is tested with.
export { type MemoryCluster, memoryCluster, memoryLog } from '../kafka/memory/log.ts'
export type { DeadLetter } from './deadLetters.ts'
export type { Faults } from './faults.ts'
export { type HistoryEvent, type Judgement, judge } from './history.ts'
export { type ManualClock, manualClock } from './manualClock.ts'
export type { IncomingCallback, ReceivedBody, Sent } from './sent.ts'
export { type TestApp, type TestAppOptions, testApp } from './testApp.ts'
export { type LoggedLine, type TestContext, type TestContextOptions, testContext } from './testContext.ts'
