// The contract of every store, as tests. The test runner comes in by argument, so that this file needs none.

import type { Store } from '../store/store.ts'
import type { Equal, SuiteOptions } from './store-suite/claim.ts'
import { damageSuite } from './store-suite/damage.ts'
import { itemsSuite } from './store-suite/items.ts'
import { journalsSuite } from './store-suite/journals.ts'
import { logsSuite, sharedLogsSuite } from './store-suite/logs.ts'
import { recordsSuite } from './store-suite/records.ts'
import { runListsSuite } from './store-suite/run-lists.ts'
import { runsSuite } from './store-suite/runs.ts'
import { sharedSuite } from './store-suite/shared.ts'
import { watchingSuite } from './store-suite/watching.ts'

/** Opens an empty store; the suite closes it. */
export type OpenStore = () => Store | Promise<Store>

export interface SuiteTools {
  readonly test: (name: string, body: () => Promise<void>) => void
  readonly equal: Equal
}

export function storeSuite(
  name: string,
  open: OpenStore,
  { test, equal }: SuiteTools,
  { twin, damage }: SuiteOptions = {},
): void {
  const claim = (claimed: string, body: (store: Store) => Promise<void>) =>
    test(`${name}: ${claimed}`, async () => {
      const store = await open()
      try {
        await body(store)
      } finally {
        await store.close()
      }
    })

  for (const suite of [journalsSuite, runsSuite, runListsSuite, itemsSuite, recordsSuite, watchingSuite, logsSuite]) {
    suite(claim, equal)
  }
  if (twin) sharedSuite(claim, twin, equal)
  if (twin) sharedLogsSuite(claim, twin, equal)
  if (damage) damageSuite(claim, damage, equal)
}
