// A process of its own on a store file, for the tests of several at once. Says what it does in lines of JSON.
//   node storeProcess.ts open                  opens and closes the file that each line names, prints its identity
//   node storeProcess.ts share <file> <seed>   tells the same 400 requests in its own order, claims each, prints what stands
//   node storeProcess.ts count <file>          writes request n together with position n + 1 until it is killed
import { createInterface } from 'node:readline'
import { openSqliteStore } from '../../../store/sqlite/store.ts'
import type { Change } from '../../../store/store.ts'
import { asked } from '../../contracts/storeModel.ts'

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

async function open(): Promise<void> {
  say({ ready: true })
  for await (const file of createInterface({ input: process.stdin })) {
    const store = await openSqliteStore({ file })
    say({ identity: store.identity })
    await store.close()
  }
}

async function share(file: string, seed: string): Promise<void> {
  const store = await openSqliteStore({ file })
  const ids = Array.from({ length: 400 }, (_, index) => `req_${(index * 7 + Number(seed) * 131) % 400}`)
  for (let at = 0; at < ids.length; at += 20) {
    const changes = ids.slice(at, at + 20).flatMap((id): Change[] => [
      { id, run: 1, kind: 'asked', asked },
      { id, run: 1, kind: 'started', startedAtMs: Number(seed) + 1, attempt: Number(seed) + 1 },
    ])
    await store.project(changes, [{ topic: 't', partition: 0, offset: BigInt(at + Number(seed)), passedMs: at }])
  }
  const body = Buffer.from(seed)
  const claim = { run: 1, partition: 0, offset: BigInt(seed), url: 'https://example.com', body, claimedAtMs: 1 }
  const claims = await Promise.all(ids.toSorted().map((id) => store.claim({ ...claim, id })))
  say({ claims: claims.map(({ body }) => body.toString()) })
  await store.close()
}

async function count(file: string): Promise<void> {
  const store = await openSqliteStore({ file })
  for (let n = 0; ; n++) {
    const changes: Change[] = [{ id: `req_${n}`, run: 1, kind: 'asked', asked }]
    await store.project(changes, [{ topic: 't', partition: 0, offset: BigInt(n + 1), passedMs: n }])
    if (n % 50 === 0) say({ written: n })
  }
}

const [task, file = '', seed = ''] = process.argv.slice(2)
if (task === 'open') await open()
if (task === 'share') await share(file, seed)
if (task === 'count') await count(file)
