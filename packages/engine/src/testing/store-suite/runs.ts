// What a store says of runs and their shards.

import type { JournalEntry } from '../../journal/events.ts'
import type { RunQuery } from '../../store/run-query.ts'
import type { Claim, Equal } from './claim.ts'
import {
  cancelledItems,
  claimed,
  created,
  failedItem,
  finished,
  sealed,
  shard,
  skippedItem,
  started,
} from './entries.ts'

export function runsSuite(claim: Claim, equal: Equal): void {
  claim('a run that somebody has taken in hand is running', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 2), sealed(2)] })
    await store.append({ journal: 'r/0', after: 1, entries: [claimed()] })

    const row = await store.runs.get('r')
    equal([row?.status, row?.startedAt], ['running', 2])
  })

  claim('a run that nobody has to take in hand is running from its first step on', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 1), sealed(1), started(0)] })
    equal((await store.runs.get('r'))?.status, 'running')

    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })
    const row = await store.runs.get('r')
    equal([row?.status, row?.startedAt, row?.endedAt], ['completed', 2, 3])
  })

  claim("a run's row follows from its journal", async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 2), sealed(2)] })
    equal((await store.runs.get('r'))?.status, 'queued')

    await store.append({ journal: 'r/0', after: 1, entries: [finished(1)] })
    equal((await store.runs.get('r'))?.status, 'running')

    await store.append({ journal: 'r/0', after: 2, entries: [failedItem(0)] })
    const row = await store.runs.get('r')
    equal([row?.status, row?.items], ['failed', { total: 2, success: 1, skipped: 0, failed: 1, cancelled: 0 }])
  })

  claim('shards of a run add up in its row', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/1', after: 0, entries: [shard('r', 0)] })
    await store.append({ journal: 'r/2', after: 0, entries: [shard('r', 1)] })
    await store.append({ journal: 'r/2', after: 1, entries: [finished(1)] })
    await store.append({ journal: 'r/1', after: 1, entries: [finished(0)] })
    await store.append({ journal: 'r/0', after: 1, entries: [sealed(2)] })

    equal((await store.runs.get('r'))?.status, 'completed')
  })

  claim('runs are listed newest first, by what is asked', async (store) => {
    for (const [at, run] of ['a', 'b', 'c', 'd'].entries()) {
      const options = {
        flow: run === 'd' ? 'other' : 'nothing',
        labels: { team: run < 'c' ? 'one' : 'two', run },
        ...(run === 'a' ? { kind: 'test', flowVersion: 2 } : { trigger: { type: 'cli', by: run } }),
      }
      const entry = { ...created(run), at, options } as JournalEntry
      await store.append({ journal: `${run}/0`, after: 0, entries: [entry, ...(run === 'b' ? [sealed(0)] : [])] })
    }
    const ids = async (query: RunQuery) => (await store.runs.list(query)).rows.map((row) => row.id)

    equal(await ids({}), ['d', 'c', 'b', 'a'])
    equal(await ids({ limit: 2 }), ['d', 'c'])
    equal(await ids({ flow: 'nothing' }), ['c', 'b', 'a'])
    equal(
      await ids({
        labels: [
          ['team', 'one'],
          ['run', 'a'],
        ],
      }),
      ['a'],
    )
    equal(await ids({ labels: [['team', 'none']] }), [])
    equal(await ids({ status: 'completed' }), ['b'])
    equal(await ids({ status: ['completed', 'queued'] }), ['d', 'c', 'b', 'a'])
    equal(await ids({ kind: 'run' }), ['d', 'c', 'b'])
    equal(await ids({ kind: 'test' }), ['a'])
    equal(await ids({ trigger: 'cli', flow: 'nothing' }), ['c', 'b'])
    const { kind, flowVersion, trigger } = (await store.runs.get('a')) ?? {}
    equal([kind, flowVersion, trigger], ['test', 2, undefined])
    equal((await store.runs.get('c'))?.trigger, { type: 'cli', by: 'c' })
    equal(await ids({ since: 1, until: 3 }), ['c', 'b'])
  })

  claim('a journal is open until its items have ended, and the first one until the input has', async (store) => {
    const open = async (run?: string) => (await store.runs.open(run)).map(({ journal }) => journal)
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/1', after: 0, entries: [shard('r', 0)] })
    await store.append({ journal: 's/0', after: 0, entries: [created('s')] })
    equal(await open(), ['r/0', 'r/1', 's/0'])

    await store.append({ journal: 'r/1', after: 1, entries: [finished(0)] })
    equal(await open('r'), ['r/0'])
    equal(
      (await store.runs.shards('r')).map(({ journal, first, items, done, rows }) => [
        journal,
        first,
        items,
        done,
        rows,
      ]),
      [
        ['r/0', 0, 0, 0, 1],
        ['r/1', 0, 1, 1, 2],
      ],
    )

    equal(await store.runs.shard('r/1'), (await store.runs.shards('r'))[1])
    equal(await store.runs.shard('r/2'), undefined)

    await store.append({ journal: 'r/0', after: 1, entries: [sealed(1)] })
    equal(await open('r'), [])
  })

  claim('a journal is in the hand of the store that wrote to it last', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    equal(await store.runs.open('r'), [{ journal: 'r/0', run: 'r', isOurs: true }])
  })

  claim("a run's row sums up its shards, those that have ended and those that are open", async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    const atWork = { running: 1, waiting: 2 }
    await store.append({ journal: 'r/1', after: 0, entries: [shard('r', 0, 4), claimed()], atWork })
    await store.append({ journal: 'r/2', after: 0, entries: [shard('r', 4, 3), claimed()], atWork })
    await store.append({
      journal: 'r/2',
      after: 1,
      entries: [failedItem(5), skippedItem(4)],
      atWork: { running: 1, waiting: 0 },
    })
    const counts = async () => {
      const row = await store.runs.get('r')
      const { total, success, skipped, failed } = row?.items ?? {}
      return [row?.status, total, success, skipped, failed, row?.atWork, row?.error?.item]
    }
    equal(await counts(), ['running', -1, 0, 1, 1, { running: 2, waiting: 2 }, 5])
    equal((await store.runs.list()).rows[0], await store.runs.get('r'))

    await store.append({ journal: 'r/2', after: 2, entries: [finished(6)], atWork: { running: 0, waiting: 0 } })
    await store.append({ journal: 'r/1', after: 1, entries: [failedItem(2)], atWork: { running: 0, waiting: 2 } })
    equal(await counts(), ['running', -1, 1, 1, 2, { running: 0, waiting: 2 }, 2])
    equal((await store.runs.get('r'))?.error, { item: 2, code: 'TIMEOUT', message: 'late' })

    await store.append({ journal: 'r/1', after: 2, entries: [finished(0), finished(1), finished(3)] })
    await store.append({ journal: 'r/0', after: 1, entries: [sealed(7)] })
    equal(await counts(), ['failed', 7, 4, 1, 2, { running: 0, waiting: 0 }, 2])
    equal(
      (await store.runs.shards('r')).map(({ counts }) => counts.failed),
      [0, 1, 1],
    )
  })

  claim('a run that was cancelled counts what its shards end later, and then nothing of it is open', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/1', after: 0, entries: [shard('r', 0, 3)] })
    await store.append({ journal: 'r/0', entries: [{ type: 'signalled', at: 2, name: 'cancel' }] })
    equal([(await store.runs.get('r'))?.status, (await store.runs.get('r'))?.items.cancelled], ['cancelled', 0])

    await store.append({ journal: 'r/1', after: 1, entries: [finished(0), cancelledItems(1, 2)] })

    const row = await store.runs.get('r')
    equal([row?.status, row?.items.success, row?.items.cancelled], ['cancelled', 1, 2])
    equal(await store.runs.open('r'), [])
  })
}
