// The program of a handler thread (bin/handlerThreads.ts starts it): loads the app, opens its resources, and runs what it is
// told until it is told to end.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { disposeResources } from '../app/resources.ts'
import { handleCalls, threadLog } from '../consumers/threads/calls.ts'
import { loadApp } from './app.ts'
import { DisposalStack } from './disposalStack.ts'

globalThis.AsyncDisposableStack ??= DisposalStack

const port = parentPort as MessagePort
const { appFile, bindings } = workerData
const app = await loadApp(appFile)
const log = threadLog(port).child(bindings)
const resources = await app.resources({ env: process.env, log })
await handleCalls({ port, app, resources, log: threadLog(port) })
await disposeResources(resources)
port.close() // nothing else of ours keeps it
