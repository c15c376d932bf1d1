// The items of a run that are asked for, page by page, and its failures by their cause. What comes in is redacted already.

import { ITEM_BYTES, isRecord, type Outcome, type RunRow, type Store } from '@stepflow/engine'
import { itemBytes, itemTimes } from './item-states.ts'
import type { RecordedRun } from './recorded-run.ts'

export type ItemStanding = keyof typeof ITEM_BYTES

export interface ListedItem {
  readonly item: number
  readonly status: ItemStanding
  readonly outcome?: Outcome
  /** Epoch milliseconds. */
  readonly startedAt?: number
  readonly endedAt?: number
}

export interface ItemFilter {
  readonly from: number
  readonly limit: number
  /** Any of them; absent: all. */
  readonly statuses?: readonly ItemStanding[] | undefined
  /** Of the failure: any of them. */
  readonly codes?: readonly string[] | undefined
  readonly steps?: readonly string[] | undefined
}

/** Failures with the same code at the same step. */
export interface FailureCause {
  readonly code: string
  readonly step?: string
  /** Of the lowest item. */
  readonly message: string
  count: number
  /** From the first to the last of each range. */
  readonly items: [number, number][]
}

export interface ItemsSource {
  readonly store: Store
  readonly row: RunRow
  /** Redacted. */
  readonly items: RecordedRun['items']
}

/** In the order of their numbers; one more than the limit if others follow. */
export async function listItems(
  { store, row, items }: ItemsSource,
  { from, limit, statuses, codes, steps }: ItemFilter,
): Promise<ListedItem[]> {
  const wanted = statuses && new Set(statuses.map((status) => ITEM_BYTES[status] as number))
  const asksForFailure = codes !== undefined || steps !== undefined
  const found: ListedItem[] = []
  for await (const { first, bytes } of itemBytes(store, row, from)) {
    const numbers: number[] = []
    for (let place = Math.max(0, from - first); place < bytes.length; place++) {
      const byte = bytes[place] as number
      if (wanted && !wanted.has(byte)) continue
      if (asksForFailure && byte !== ITEM_BYTES.failed) continue
      numbers.push(first + place)
      // Which of them fits, the outcome says.
      if (!asksForFailure && found.length + numbers.length > limit) break
    }
    if (numbers.length === 0) continue
    const fold = await itemTimes(store, row, first)
    for (let at = 0; at < numbers.length && found.length <= limit; at += AT_ONCE) {
      const some = numbers.slice(at, at + AT_ONCE)
      const outcomes = await outcomesOf(items, some)
      for (const item of some) {
        if (found.length > limit) break
        const outcome = outcomes.get(item)
        if (asksForFailure && !isAskedFor(outcome, codes, steps)) continue
        const [startedAt, endedAt] = [fold?.startedAt(item), fold?.endedAt(item)]
        found.push({
          item,
          status: standingOf(bytes[item - first] as number),
          ...(outcome ? { outcome } : {}),
          ...(startedAt === undefined ? {} : { startedAt }),
          ...(endedAt === undefined ? {} : { endedAt }),
        })
      }
    }
    if (found.length > limit) break
  }
  return found
}

/** The causes of the items that failed, the most frequent first. */
export async function listFailures({ failed }: { readonly failed: FailedItems }): Promise<FailureCause[]> {
  const causes = new Map<string, FailureCause>()
  for (let from = 0; ; ) {
    const rows = await failed(from, AT_ONCE)
    for (const { item, outcome } of rows) {
      if (outcome.outcome !== 'failed') continue
      const { code, message, step } = outcome.error
      const key = JSON.stringify([code, step])
      const cause = causes.get(key) ?? { code, ...(step === undefined ? {} : { step }), message, count: 0, items: [] }
      causes.set(key, cause)
      cause.count++
      const last = cause.items.at(-1)
      if (last && last[1] === item - 1) last[1] = item
      else cause.items.push([item, item])
    }
    const last = rows.at(-1)
    if (!last || rows.length < AT_ONCE) break
    from = last.item + 1
  }
  return [...causes.values()].sort((a, b) => b.count - a.count)
}

export function standingOf(byte: number): ItemStanding {
  return STANDINGS[byte] ?? 'pending'
}

// ---

type FailedItems = (from: number, limit: number) => ReturnType<RecordedRun['items']>

/** Outcomes that are held at a time. */
const AT_ONCE = 256

const STANDINGS = Object.keys(ITEM_BYTES) as ItemStanding[] // in the order of their bytes

/** Items whose numbers lie close together are read at once. */
async function outcomesOf(
  items: RecordedRun['items'],
  numbers: readonly number[],
): Promise<ReadonlyMap<number, Outcome>> {
  const outcomes = new Map<number, Outcome>()
  for (let at = 0; at < numbers.length; ) {
    const first = numbers[at] as number
    let end = at + 1
    while (end < numbers.length && (numbers[end] as number) - first < AT_ONCE) end++
    const span = (numbers[end - 1] as number) - first + 1
    for (const { item, outcome } of await items(first, span)) outcomes.set(item, outcome)
    at = end
  }
  return outcomes
}

function isAskedFor(outcome: Outcome | undefined, codes: ItemFilter['codes'], steps: ItemFilter['steps']): boolean {
  if (outcome?.outcome !== 'failed' || !isRecord(outcome.error)) return false
  const { code, step } = outcome.error
  return (!codes || codes.includes(code)) && (!steps || (step !== undefined && steps.includes(step)))
}
