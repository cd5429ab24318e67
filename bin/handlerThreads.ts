// The handler threads of a process that runs an app's module.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Logger } from '../app/context.ts'
import { Threads } from '../consumers/threads/threads.ts'
import { systemClock } from '../process/clock.ts'
import { isBuilt } from './package.ts'

const program = new URL(`./handlerThread.${isBuilt ? 'js' : 'ts'}`, import.meta.url)

/** As many as there are cores; none is started before a handler needs it. */
export function handlerThreads(appFile: string, logger: Logger): Threads {
  let started = 0
  const start = (): Worker => {
    started += 1
    return new Worker(program, { name: `handler ${started}`, workerData: { appFile, bindings: { thread: started } } })
  }
  return new Threads({ start, size: availableParallelism(), logger, clock: systemClock })
}
