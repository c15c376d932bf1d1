// What several handles on one store see of one another.

import { BEGINNING, type Store } from '../../store/store.ts'
import { type Claim, codeOf, type Equal, type SuiteOptions, thrown } from './claim.ts'
import { created, finished, sealed, settled, shard, signalled } from './entries.ts'

export function sharedSuite(claim: Claim, open: NonNullable<SuiteOptions['twin']>, equal: Equal): void {
  const both = (claimed: string, body: (store: Store, twin: Store) => Promise<void>) =>
    claim(claimed, async (store) => {
      const twin = await open(store)
      try {
        await body(store, twin)
      } finally {
        await twin.close()
      }
    })

  both('what one handle has written another one reads, and cannot write again', async (store, twin) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 1), sealed(1)] })

    equal(await twin.read('r/0'), await store.read('r/0'))
    equal(await twin.runs.get('r'), await store.runs.get('r'))
    await twin.append({ journal: 'r/0', after: 1, entries: [finished(0)] })
    const error = await thrown(() => store.append({ journal: 'r/0', after: 1, entries: [finished(0)] }))
    equal((error as { code?: string }).code, 'CONFLICT')
    equal((await store.runs.get('r'))?.items.success, 1)
  })

  both('a run that one handle has sealed takes no more inputs by another', async (store, twin) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/1', after: 0, ifUnsealed: true, entries: [shard('r', 0)] })
    await twin.append({ journal: 'r/0', after: 1, ifUnsealed: true, entries: [sealed(1)] })

    const late = { journal: 'r/2', after: 0, ifUnsealed: true, entries: [shard('r', 1)] } as const
    equal(await codeOf(() => store.append(late)), 'CONFLICT')
    equal(await store.read('r/2'), [])
  })

  both('a watcher hears of the rows of all handles, in order, each once', async (store, twin) => {
    const heard: number[] = []
    const all = new Promise<void>((resolve) => {
      store.watch({ run: 'r' }, ({ seq }) => {
        heard.push(seq)
        if (heard.length === 40) resolve()
      })
    })

    for (let after = 0; after < 40; after++) {
      const entries = after === 0 ? [created('r')] : [settled(0, after)]
      await (after % 3 === 0 ? store : twin).append({ journal: 'r/0', after, entries })
    }
    await all

    equal(
      heard,
      Array.from({ length: 40 }, (_, seq) => seq),
    )
  })

  both('each wake is claimed by one handle', async (store, twin) => {
    const driven: string[] = []
    let arrived: () => void = () => {}
    const all = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const drive = async (journal: string) => {
      driven.push(journal)
      if (driven.length === 30) arrived()
      return null
    }
    const handles = [store.work(drive), twin.work(drive)]

    const journals = Array.from({ length: 30 }, (_, run) => `r${run}/0`)
    for (const [run, journal] of journals.entries()) {
      const wakes = [{ journal, at: 0 }]
      await (run % 2 ? store : twin).append({ journal, after: 0, entries: [created(`r${run}`, 1), sealed(1)], wakes })
    }
    await all
    await Promise.all(handles.map((handle) => handle.stop()))

    equal(driven.sort(), journals.sort())
  })

  both('what a handle holds when it is closed is driven by another', async (store, twin) => {
    await twin.append({ journal: 'r/0', after: 0, entries: [created('r', 1), sealed(1)] })
    await twin.close()

    const journal = await new Promise<string>((resolve) => {
      store.work(async (found) => {
        resolve(found)
        return null
      })
    })

    equal(journal, 'r/0')
  })

  both('a signal wakes a journal that was put down until it is signalled', async (store, twin) => {
    await twin.append({ journal: 'r/0', after: 0, entries: [created('r', 1), sealed(1)] })
    await twin.putDown?.({ journal: 'r/0', at: Number.POSITIVE_INFINITY })
    const woken = new Promise<string>((resolve) => {
      store.work(async (journal) => {
        resolve(journal)
        return { journal, at: Number.POSITIVE_INFINITY }
      })
    })

    await twin.append({ journal: 'r/0', after: 1, entries: [signalled('go')] })

    equal(await woken, 'r/0')
  })

  both('a cursor of one handle leads on in another', async (store, twin) => {
    for (let after = 0; after < 10; after++) {
      const entries = after === 0 ? [created('r')] : [settled(0, after)]
      await (after % 2 ? twin : store).append({ journal: 'r/0', after, entries })
    }
    const from = await store.cursor()
    await store.append({ journal: 'r/0', after: 10, entries: [settled(0, 10)] })
    const seqs = (after: string, count: number) =>
      new Promise<number[]>((resolve) => {
        const heard: number[] = []
        twin.watch({ run: 'r', after }, ({ seq }) => {
          heard.push(seq)
          if (heard.length === count) resolve(heard)
        })
      })

    equal(await seqs(from, 1), [10])
    equal(await seqs(BEGINNING, 11), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  both('of two who write the same version of a record one is refused', async (store, twin) => {
    const record = { collection: 'flows', key: 'a', version: 0, value: 1 }
    const first = await store.records.put(record)
    equal(await codeOf(() => twin.records.put(record)), 'CONFLICT')
    await twin.records.put({ ...record, version: first, value: 2 })
    equal(await codeOf(() => store.records.put({ ...record, version: first })), 'CONFLICT')
    equal((await store.records.get('flows', 'a'))?.value, 2)
  })
}
