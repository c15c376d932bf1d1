// The journals of a store: rows in their order, the fence, several at once.

import type { Batch } from '../../store/store.ts'
import { type Claim, codeOf, type Equal, thrown } from './claim.ts'
import { created, finished, plan, sealed, settled, shard, signalled } from './entries.ts'

export function journalsSuite(claim: Claim, equal: Equal): void {
  claim('rows come back in the order in which they were appended', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })

    const rows = await store.read('r/0')

    equal(
      rows.map((row) => [row.seq, row.entries.map((entry) => entry.type)]),
      [
        [0, ['created']],
        [1, ['finished']],
      ],
    )
    equal((await store.read('r/0', 1)).length, 1)
    equal((await store.read('other/0')).length, 0)
  })

  claim('a writer who does not know the end of the journal is refused', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })

    const error = await thrown(() => store.append({ journal: 'r/0', after: 0, entries: [finished(0)] }))

    equal((error as { code?: string }).code, 'CONFLICT')
    equal((await store.read('r/0')).length, 1)
  })

  claim('of two writers at once one is refused, and their neighbours are not harmed', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 3), sealed(3)] })
    const append = async (batch: Batch) => store.append(batch)

    const ends = await Promise.allSettled([
      append({ journal: 'r/0', after: 1, entries: [finished(0)] }),
      append({ journal: 'r/0', after: 1, entries: [finished(1)] }),
      append({ journal: 's/0', after: 0, entries: [created('s')] }),
      append({ journal: 'r/0', after: 2, entries: [finished(2)] }),
    ])

    equal(
      ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'written')),
      ['written', 'CONFLICT', 'written', 'written'],
    )
    equal((await store.read('r/0')).length, 3)
    equal((await store.read('s/0')).length, 1)
    equal((await store.runs.get('r'))?.items.success, 2)
  })

  claim('large values, bytes and odd keys come back as they were', async (store) => {
    const large = { rows: Array.from({ length: 40_000 }, (_, row) => ({ row, text: 'a line of the table' })) }
    const odd = JSON.parse(
      '{"__proto__": {"a": 1}, "blobs": [["x"]], "$blob": "0", "toString": null, "\\ud800": "\\u0000"}',
    )
    const results = [large, { large: large.rows, small: 1 }, 'x'.repeat(2_000_000), odd, [large, odd], '', null, 0]
    const bytes = new Uint8Array([0, 255, 128])

    const inputs = [large, odd]
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', inputs)] })
    await store.append({ journal: 'r/0', after: 1, entries: results.map((result, step) => settled(step, result)) })
    await store.append({ journal: 'r/0', after: 2, entries: [finished(0, large), finished(1, { bytes })] })

    const [first, second] = await store.read('r/0')
    equal(first?.entries, [created('r', inputs)])
    equal(
      second?.entries,
      results.map((result, step) => settled(step, result)),
    )
    const items = await store.runs.items('r')
    equal(
      items.map(({ outcome }) => (outcome as { result?: unknown }).result),
      [large, { bytes }],
    )
    equal(await store.blobs.get(await store.blobs.put(bytes)), bytes)
  })

  claim('a removed run is gone with its journals', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 1), sealed(1)] })
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })

    await store.runs.remove('r')

    equal(await store.runs.get('r'), undefined)
    equal((await store.read('r/0')).length, 0)
    equal((await store.runs.items('r')).length, 0)
    equal(await store.runs.open(), [])
  })

  claim('a batch without a fence goes to the end of its journal, and nowhere if there is none', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 1)] })
    await Promise.all([1, 2, 3].map(async () => store.append({ journal: 'r/0', entries: [signalled('go')] })))
    await store.append({ journal: 'r/0', after: 4, entries: [finished(0)] })

    equal(
      (await store.read('r/0')).map(({ seq, entries }) => [seq, entries[0]?.type]),
      [
        [0, 'created'],
        [1, 'signalled'],
        [2, 'signalled'],
        [3, 'signalled'],
        [4, 'finished'],
      ],
    )
    equal(await codeOf(() => store.append({ journal: 'nowhere/0', entries: [signalled('go')] })), 'NOT_FOUND')
    equal(await store.runs.get('nowhere'), undefined)
  })

  claim('a batch for an open run is refused once that has ended', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 1), sealed(1)] })
    await store.append({ journal: 'r/0', ifOpen: true, entries: [signalled('go')] })
    await store.append({ journal: 'r/0', after: 2, entries: [finished(0)] })

    equal(await codeOf(() => store.append({ journal: 'r/0', ifOpen: true, entries: [signalled('go')] })), 'CONFLICT')
    equal((await store.read('r/0')).length, 3)
  })

  claim('a batch for a run that takes more inputs is refused once the input is sealed', async (store) => {
    const input = (from: number) => ({ after: 0, ifUnsealed: true, entries: [shard('r', from)] }) as const
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/1', ...input(0) })
    await store.append({ journal: 'r/0', ifUnsealed: true, entries: [sealed(1)] })

    equal(await codeOf(() => store.append({ journal: 'r/2', ...input(1) })), 'CONFLICT')
    equal(await codeOf(() => store.append({ journal: 'r/0', ifUnsealed: true, entries: [sealed(2)] })), 'CONFLICT')
    equal((await store.runs.shards('r')).length, 2)
    equal((await store.runs.get('r'))?.items.total, 1)
  })

  claim('batches that are appended together are all there, or none of them', async (store) => {
    const batch = (journal: string, ...entries: Batch['entries']): Batch => ({ journal, after: 0, entries })
    await store.append(batch('s/1', shard('s', 0)))

    const together = [batch('s/0', created('s'), sealed(1)), batch('s/1', shard('s', 0))]
    equal(await codeOf(() => store.appendAll(together)), 'CONFLICT')
    equal((await store.read('s/0')).length, 0)

    await store.appendAll([batch('r/0', created('r'), sealed(2)), batch('r/1', shard('r', 0, 2), finished(1))])
    equal([(await store.read('r/0')).length, (await store.read('r/1')).length], [1, 1])
    const row = await store.runs.get('r')
    equal([row?.status, row?.items.total, row?.items.success], ['running', 2, 1])
  })

  claim('runs of one plan give it back as one', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 's/0', after: 0, entries: [{ ...created('s'), plan: { ...plan } } as never] })
    const planOf = async (run: string) => {
      const [first] = (await store.read(`${run}/0`))[0]?.entries ?? []
      return first?.type === 'created' ? first.plan : undefined
    }

    equal(await planOf('r'), plan)
    equal(await planOf('s'), plan)
  })
}
