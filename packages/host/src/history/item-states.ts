// How the items of a run stand: a byte each, and when each began and ended. Without values, so there is nothing to redact.

import {
  foldItems,
  ITEM_BYTES,
  type ItemFold,
  isEnded,
  type JournalId,
  type RunRow,
  type ShardRow,
  type Store,
} from '@stepflow/engine'

export interface ShardItems {
  /** The number of its first item. */
  readonly first: number
  /** `ITEM_BYTES` of each. */
  readonly bytes: Uint8Array
}

/** Of each shard, from that which holds item `from` on. */
export async function* itemBytes(store: Store, row: RunRow, from = 0): AsyncGenerator<ShardItems> {
  for (const shard of await store.runs.shards(row.id)) {
    const { first, items } = shard
    if (items === 0 || first + items <= from) continue
    yield { first, bytes: await bytesOf(store, row, shard) }
  }
}

/** When the items of the shard with this item began and ended; undefined if there is no such item. */
export async function itemTimes(store: Store, row: RunRow, item: number): Promise<ItemFold | undefined> {
  const shards = await store.runs.shards(row.id)
  const shard = shards.find(({ first, items }) => item >= first && item < first + items)
  return shard && foldOf(store, shard)
}

/** How the items of a journal stood before its row `seq`; undefined if it is gone. */
export async function itemsBefore(
  store: Store,
  journal: JournalId,
  seq: number,
): Promise<{ readonly first: number; readonly fold: ItemFold } | undefined> {
  const shard = await store.runs.shard(journal)
  if (!shard) return undefined
  const fold = foldItems(shard.first, shard.items)
  for (const row of await store.read(journal)) if (row.seq < seq) fold.see(row.entries)
  return { first: shard.first, fold }
}

// ---

async function bytesOf(store: Store, row: RunRow, shard: ShardRow): Promise<Uint8Array> {
  const { first, items, done } = shard
  if (done === items || isEnded(row.status)) {
    const bytes = await store.runs.statuses(row.id, first, items)
    // Nobody drove the run when it was cancelled, so nobody wrote how its items ended.
    return bytes.map((byte) => (byte === ITEM_BYTES.pending ? ITEM_BYTES.cancelled : byte))
  }
  return (await foldOf(store, shard)).bytes()
}

async function foldOf(store: Store, { journal, first, items }: ShardRow): Promise<ItemFold> {
  const fold = foldItems(first, items)
  for (const { entries } of await store.read(journal)) fold.see(entries)
  return fold
}
