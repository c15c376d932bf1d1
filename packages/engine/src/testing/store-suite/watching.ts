// Who hears of rows, from where on, and who is woken.

import { BEGINNING, type Cursor, type JournalRow, type Store, type WatchOptions } from '../../store/store.ts'
import type { Claim, Equal } from './claim.ts'
import { created, finished, sealed, settled } from './entries.ts'

export function watchingSuite(claim: Claim, equal: Equal): void {
  claim('a watcher hears of each row once, and of its own run only', async (store) => {
    const heard: JournalRow[] = []
    const stop = store.watch({ run: 'r' }, (row) => heard.push(row))

    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'other/0', after: 0, entries: [created('other')] })
    stop()
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })

    equal(
      heard.map((row) => [row.journal, row.seq]),
      [['r/0', 0]],
    )
  })

  claim('a watcher that throws harms neither the writer nor those beside it', async (store) => {
    const heard: string[] = []
    const broken = () => {
      throw new Error('I am broken')
    }
    store.watch({ run: 'r' }, broken)
    store.watch({ run: 'r' }, ({ journal }) => heard.push(journal))
    store.watch({}, broken)
    store.watch({}, ({ journal }) => heard.push(journal))

    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })

    equal(heard, ['r/0', 'r/0'])
    equal((await store.read('r/0')).length, 1)
  })

  claim('rows are read page by page in the order of writing, from any place on', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    const between = await store.cursor()
    await store.append({ journal: 'other/0', after: 0, entries: [created('other')] })
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })

    const read = async (run: string | undefined, from: Cursor) => {
      const seen: unknown[] = []
      for (let after: Cursor | undefined = from; after !== undefined; ) {
        const page = await store.rowsAfter({ after, limit: 1, ...(run === undefined ? {} : { run }) })
        for (const one of page?.rows ?? []) seen.push('row' in one ? [one.row.journal, one.row.seq] : one.line)
        after = page?.next
      }
      return seen
    }
    const [r0, other, r1] = [
      ['r/0', 0],
      ['other/0', 0],
      ['r/0', 1],
    ]
    equal(await read(undefined, BEGINNING), [r0, other, r1])
    equal(await read(undefined, between), [other, r1])
    equal(await read('r', BEGINNING), [r0, r1])
    equal(await read('r', between), [r1])
    equal(await store.rowsAfter({ after: 'none of ours', limit: 1 }), undefined)
    equal(await store.rowsAfter({ run: 'r', after: 'none of ours', limit: 1 }), undefined)
    equal(await store.rowsAfter({ run: 'nope', after: BEGINNING, limit: 1 }), undefined)
    equal(await store.rowsAfter({ after: await store.cursor(), limit: 1 }), { rows: [] })
  })

  claim('a wake drives its journal, once', async (store) => {
    const driven: string[] = []
    let arrived: () => void = () => {}
    const first = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const work = store.work(async (journal) => {
      driven.push(journal)
      arrived()
      return null
    })

    await store.append({ journal: 'r/0', after: 0, entries: [created('r')], wakes: [{ journal: 'r/0', at: 0 }] })
    await first
    await work.stop()

    equal(driven, ['r/0'])
  })

  claim('a watch goes on after a cursor, without a gap and without repetition', async (store) => {
    const write = async (run: string, after: number) =>
      store.append({ journal: `${run}/0`, after, entries: [after === 0 ? created(run) : settled(0, after)] })
    await write('r', 0)
    await write('s', 0)
    const between = await store.cursor()
    const writing: Promise<void>[] = []
    for (let after = 1; after < 600; after++) writing.push(write(after % 2 ? 'r' : 's', Math.ceil(after / 2)))
    await Promise.all(writing)

    const all = await heard(store, { after: between }, 599)
    equal(
      all.map(({ name }) => name),
      Array.from({ length: 599 }, (_, i) => `${(i + 1) % 2 ? 'r' : 's'}/0 ${Math.ceil((i + 1) / 2)}`),
    )
    const of = await heard(store, { run: 's', after: all[297]?.cursor as Cursor }, 150)
    equal([of[0]?.name, of.at(-1)?.name], ['s/0 150', 's/0 299'])
    equal((await heard(store, { run: 'r', after: BEGINNING }, 301)).length, 301)

    // What is written while somebody catches up comes in its place.
    const names: string[] = []
    const done = new Promise<void>((resolve) => {
      store.watch({ run: 'r', after: BEGINNING }, (row) => {
        names.push(nameOf(row))
        if (names.length === 303) resolve()
      })
    })
    await write('r', 301)
    await write('r', 302)
    await done
    equal(
      names,
      Array.from({ length: 303 }, (_, seq) => `r/0 ${seq}`),
    )
  })

  claim('a watcher is told of a gap, and hears of what comes then', async (store) => {
    await store.append({ journal: 'gone/0', after: 0, entries: [created('gone')] })
    const old = await store.cursor()
    await store.append({ journal: 'gone/0', after: 1, entries: [sealed(0)] })
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 1)] })
    await store.runs.remove('gone')
    const gaps: string[] = []
    const watch = (name: string, of: WatchOptions) => store.watch({ ...of, onGap: () => gaps.push(name) }, () => {})
    const stops = [
      watch('removed rows', { after: old }),
      watch('no cursor of ours', { after: 'elsewhere-1' }),
      watch('nonsense', { after: '' }),
      watch('a run that is gone', { run: 'gone', after: BEGINNING }),
      watch('a run whose rows are all there', { run: 'r', after: old }),
      watch('now', { after: await store.cursor() }),
    ]
    equal(gaps, ['removed rows', 'no cursor of ours', 'nonsense', 'a run that is gone'])
    for (const stop of stops) stop()

    const rows = heard(store, { after: old, onGap: () => {} }, 1)
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })
    equal((await rows)[0]?.name, 'r/0 1')
  })
}

// ---

const nameOf = ({ journal, seq }: JournalRow) => `${journal} ${seq}`

/** The first `count` rows that a watcher hears of. */
function heard(
  store: Store,
  of: WatchOptions,
  count: number,
): Promise<readonly { readonly name: string; readonly cursor: Cursor }[]> {
  return new Promise((resolve) => {
    const rows: { readonly name: string; readonly cursor: Cursor }[] = []
    let stop = () => {}
    const listener = (row: JournalRow, cursor: Cursor) => {
      rows.push({ name: nameOf(row), cursor })
      if (rows.length < count) return
      stop()
      resolve(rows)
    }
    stop = store.watch(of, listener)
    // It may have heard of all of them while it was being set up.
    if (rows.length >= count) stop()
  })
}
