// What a store does about rows that were damaged.

import type { Store } from '../../store/store.ts'
import { type Claim, type Equal, type SuiteOptions, thrown } from './claim.ts'
import { created, sealed, settled } from './entries.ts'

export function damageSuite(claim: Claim, damage: NonNullable<SuiteOptions['damage']>, equal: Equal): void {
  const fill = async (store: Store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 2), sealed(2)] })
    await store.append({ journal: 'r/0', after: 1, entries: [settled(0, 'one')] })
    await store.append({ journal: 'r/0', after: 2, entries: [settled(1, 'two')] })
  }

  for (const [what, seq, text] of [
    ['a row that is missing', 1, null],
    ['a row that does not parse', 1, '[{"type":"settl'],
    ['a last row that is no list', 2, '{"type":"settled"}'],
    ['an entry without a type', 2, '[{"at":1}]'],
  ] as const) {
    claim(`${what} is found, and named`, async (store) => {
      await fill(store)
      await damage(store, 'r/0', seq, text)

      const error = (await thrown(() => store.read('r/0'))) as {
        code?: string
        data?: { journal?: string; row?: number }
      }

      equal([error.code, error.data?.journal, error.data?.row], ['INTERNAL', 'r/0', seq])
    })
  }

  claim('a last row that was cut short is dropped, and its place is free', async (store) => {
    await fill(store)
    await damage(store, 'r/0', 2, '[{"type":"settled","at":3,"ite')

    equal((await store.read('r/0')).length, 2)
    await store.append({ journal: 'r/0', after: 2, entries: [settled(1, 'again')] })
    equal((await store.read('r/0')).length, 3)
  })
}
