// A process of its own on a store file, for the tests of several at once. Says what it does in lines of JSON.
//   node storeProcess.ts share <file> <seed>   tells the same 400 requests in its own order, claims each, prints what stands
//   node storeProcess.ts count <file>          writes request n together with position n + 1 until it is killed
import { openSqliteStore } from '../../../store/sqlite/store.ts'
import type { Change } from '../../../store/store.ts'
import { asked } from '../../contracts/storeModel.ts'

const [, , task, file = '', seed = '0'] = process.argv
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
const store = await openSqliteStore({ file })
say({ identity: store.identity })

if (task === 'share') {
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
} else
  for (let n = 0; ; n++) {
    const changes: Change[] = [{ id: `req_${n}`, run: 1, kind: 'asked', asked }]
    await store.project(changes, [{ topic: 't', partition: 0, offset: BigInt(n + 1), passedMs: n }])
    if (n % 50 === 0) say({ written: n })
  }
await store.close()
