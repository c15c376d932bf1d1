// The logs of runs.

import { type LogLine, type LogQuery, RUN_LOG_BYTES } from '../../store/run-log.ts'
import { BEGINNING, type Cursor, type Store } from '../../store/store.ts'
import { type Claim, codeOf, type Equal, type SuiteOptions } from './claim.ts'
import { created, finished, sealed, settled } from './entries.ts'

export function logsSuite(claim: Claim, equal: Equal): void {
  claim('lines of a log are as they were written, with a row or alone, and in that order', async (store) => {
    const all: LogLine = {
      ...line('everything \u0000 \ud800', 'error', 3, 'a'),
      ...{ data: { deep: [1, null, '\u0000'] }, visit: 2, attempt: 3, inside: '0/1/1', element: 4, node: 'n' },
    }
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 1), sealed(1)], log: [all] })
    await store.logs.add('r', [line('alone')])
    await store.append({
      journal: 'r/0',
      after: 1,
      entries: [settled(0, 1)],
      log: [line('with a row'), line('and another')],
    })

    equal((await linesOf(store, { run: 'r' })).map(shown), [all, 'alone', 'with a row', 'and another'].map(shown))
  })

  claim('lines are found by item, step and least level, page by page', async (store) => {
    await begin(store, 'r')
    await begin(store, 'other')
    await store.logs.add('other', [line('of another run', 'error', 0, 'a')])
    await store.logs.add('r', [
      line('one', 'debug', 0, 'a'),
      line('two', 'info', 0, 'b'),
      line('three', 'warning', 1, 'a'),
    ])
    await store.logs.add('r', [line('four', 'error', 1, 'b'), line('five', 'warning')])
    const found = async (of: Partial<LogQuery>) =>
      (await linesOf(store, { run: 'r', ...of })).map(({ message }) => message)

    equal(await found({}), ['one', 'two', 'three', 'four', 'five'])
    equal(await found({ item: 0 }), ['one', 'two'])
    equal(await found({ step: 'a' }), ['one', 'three'])
    equal(await found({ item: 1, step: 'b' }), ['four'])
    equal(await found({ level: 'debug' }), ['one', 'two', 'three', 'four', 'five'])
    equal(await found({ level: 'warning' }), ['three', 'four', 'five'])
    equal(await found({ level: 'error' }), ['four'])

    const first = await store.logs.read({ run: 'r', limit: 2, level: 'info' })
    equal([first?.lines.map(({ line: { message } }) => message), first?.dropped], [['two', 'three'], 0])
    const rest = await store.logs.read({ run: 'r', limit: 2, level: 'info', after: first?.next as Cursor })
    equal([rest?.lines.map(({ line: { message } }) => message), rest?.next], [['four', 'five'], undefined])
    equal(await store.logs.read({ run: 'r', limit: 2, after: 'none of ours' }), undefined)
  })

  claim('lines stand in the order of the rows, for whoever asks for them', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 1), sealed(1)], log: [line('at first')] })
    await begin(store, 'other')
    await store.logs.add('other', [line('of another run')])
    await store.logs.add('r', [line('between')])
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)], log: [line('at last')] })

    for (const limit of [1, 2, 100]) {
      equal(await written(store, { run: 'r', limit }), ['r/0 0', 'at first', 'between', 'at last', 'r/0 1'])
      const of = ['r/0 0', 'at first', 'other/0 0', 'of another run', 'between', 'at last', 'r/0 1']
      equal(await written(store, { limit }), of)
    }
    const rows = await store.rowsAfter({ run: 'r', after: BEGINNING, limit: 100 })
    equal(
      rows?.rows.map((one) => 'row' in one),
      [true, true],
    )
  })

  claim('what follows a cursor includes the lines that are written afterwards, and none of before', async (store) => {
    await begin(store, 'r')
    await store.logs.add('r', [line('before')])
    const between = await store.cursor()
    await store.logs.add('r', [line('after')])
    await store.append({ journal: 'r/0', after: 1, entries: [settled(0, 1)] })

    equal(await written(store, { run: 'r', limit: 10, after: between }), ['after', 'r/0 1'])
    equal(await written(store, { limit: 10, after: between }), ['after', 'r/0 1'])
    equal((await linesOf(store, { run: 'r', after: between })).map(shown), ['after'])
    equal(await written(store, { limit: 10, after: await store.cursor() }), [])
  })

  claim('lines of a row that is refused are not kept, nor those of a run that is not there', async (store) => {
    await begin(store, 'r')
    const late = { journal: 'r/0', after: 0, entries: [settled(0, 1)], log: [line('late')] }
    equal(await codeOf(() => store.append(late)), 'CONFLICT')
    await store.logs.add('nobody', [line('of nobody')])

    equal(await linesOf(store, { run: 'r' }), [])
    equal(await linesOf(store, { run: 'nobody' }), [])
    await begin(store, 'nobody')
    equal(await linesOf(store, { run: 'nobody' }), [])
  })

  claim('a log goes with its run', async (store) => {
    await begin(store, 'r')
    await store.logs.add('r', [line('gone')])
    await store.runs.remove('r')
    equal(await linesOf(store, { run: 'r' }), [])

    await begin(store, 'r')
    equal(await linesOf(store, { run: 'r' }), [])
    equal(await written(store, { run: 'r', limit: 10 }), ['r/0 0'])
  })

  claim('who has not read lines that were removed is told of a gap', async (store) => {
    await begin(store, 'gone')
    await begin(store, 'r')
    const before = await store.cursor()
    await store.logs.add('gone', [line('never read')])
    await store.runs.remove('gone')

    equal(await store.rowsAfter({ after: before, limit: 10, logs: true }), undefined)
  })

  claim('a log has a bound, and what does not fit is counted', async (store) => {
    await begin(store, 'r')
    const large = line('x'.repeat(RUN_LOG_BYTES / 4))
    await store.logs.add('r', [large, large, large])
    equal((await store.logs.read({ run: 'r', limit: 1 }))?.dropped, 0)
    await store.logs.add('r', [large, line('small, but too late')])
    await store.append({ journal: 'r/0', after: 1, entries: [settled(0, 1)], log: [line('later still')] })

    const page = await store.logs.read({ run: 'r', limit: 10 })
    equal([page?.lines.length, page?.dropped], [3, 3])
    equal((await store.read('r/0')).length, 2)
  })

  claim('who watches is told that lines were written', async (store) => {
    await begin(store, 'r')
    const told = toldOf(store)
    await store.logs.add('r', [line('one')])
    await told
  })
}

/** What several handles on one store see of one another. */
export function sharedLogsSuite(claim: Claim, open: NonNullable<SuiteOptions['twin']>, equal: Equal): void {
  claim('lines that one handle writes another one reads, in one order, and is told of', async (store) => {
    const twin = await open(store)
    try {
      await begin(store, 'r')
      const told = toldOf(store)
      await twin.logs.add('r', [line('of the twin')])
      await told
      await store.append({ journal: 'r/0', after: 1, entries: [settled(0, 1)], log: [line('of the store')] })
      await twin.logs.add('r', [line('of the twin again')])

      const expected = ['r/0 0', 'of the twin', 'of the store', 'r/0 1', 'of the twin again']
      for (const of of [store, twin]) equal(await written(of, { run: 'r', limit: 2 }), expected)
      equal((await linesOf(store, { run: 'r' })).map(shown), ['of the twin', 'of the store', 'of the twin again'])
    } finally {
      await twin.close()
    }
  })
}

// ---

function line(message: string, level: LogLine['level'] = 'info', item?: number, step?: string): LogLine {
  return { at: 5, level, message, ...(item === undefined ? {} : { item }), ...(step === undefined ? {} : { step }) }
}

const shown = (one: LogLine | string) =>
  typeof one === 'string' ? one : Object.keys(one).length > 3 ? one : one.message

const begin = async (store: Store, run: string) =>
  store.append({ journal: `${run}/0`, after: 0, entries: [created(run, 1), sealed(1)] })

async function linesOf(store: Store, query: Omit<LogQuery, 'limit'>): Promise<LogLine[]> {
  return ((await store.logs.read({ ...query, limit: 100 }))?.lines ?? []).map((one) => one.line)
}

/** Rows and lines after a place, or all of them, `limit` at a time. */
async function written(store: Store, of: { run?: string; limit: number; after?: Cursor }): Promise<string[]> {
  const seen: string[] = []
  for (let after: Cursor | undefined = of.after ?? BEGINNING; after !== undefined; ) {
    const page = await store.rowsAfter({ ...of, after, logs: true })
    for (const one of page?.rows ?? []) seen.push('row' in one ? `${one.row.journal} ${one.row.seq}` : one.line.message)
    after = page?.next
  }
  return seen
}

function toldOf(store: Store): Promise<void> {
  return new Promise((resolve) => {
    const onLog = () => {
      stop()
      resolve()
    }
    const stop = store.watch({ run: 'r', onLog }, () => {})
  })
}
