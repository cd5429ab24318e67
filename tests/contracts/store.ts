// What every adapter of the store's port keeps. Run with each of them; a test owns its place.
import { afterEach, beforeEach, describe } from 'vitest'
import type { Store } from '../../store/store.ts'
import { claimsContract } from './storeClaims.ts'
import { clientsContract } from './storeClients.ts'
import { viewsContract } from './storeViews.ts'
import { waitsContract } from './storeWaits.ts'

/** Where a store lies: a file, a database. Disposed after the handles on it have been closed. */
export type StorePlace = AsyncDisposable & {
  /** A new handle, as another process would have. */
  open(): Promise<Store>
}

/** What a test of the contract works with. */
export type Bench = {
  /** The handle of "this process". */
  readonly store: () => Store
  /** The handle of another process on the same place. */
  readonly another: () => Promise<Store>
}

/** `newPlace` gives a fresh place for each test. */
export function storeContract(name: string, newPlace: () => Promise<StorePlace>): void {
  describe(`the store of ${name}`, () => {
    let place: StorePlace
    let handles: Store[]
    const another = async (): Promise<Store> => {
      const store = await place.open()
      handles.push(store)
      return store
    }
    beforeEach(async () => {
      handles = []
      place = await newPlace()
      await another()
    })
    afterEach(async () => {
      await Promise.all(handles.map((store) => store.close()))
      await place[Symbol.asyncDispose]()
    })
    for (const contract of [viewsContract, waitsContract, claimsContract, clientsContract])
      contract({ store: () => handles[0]!, another })
  })
}
