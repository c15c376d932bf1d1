// What the runs of a list wait for, where nothing of them moves: as each by itself says it, a few at a time.

import {
  FlowError,
  isEnded,
  isWaiting,
  type OpenJournal,
  type RunId,
  type RunRow,
  type WhySummary,
  whySummary,
} from '@stepflow/engine'
import { PAUSED, waitsForInput } from './run-why.ts'

export interface ListWaiting {
  /** All open journals of the store. Asked once, and only if there is a run that may not be driven. */
  readonly open: () => Promise<readonly OpenJournal[]>
  readonly waitingOf: (run: RunId) => Promise<WhySummary | undefined>
}

/** In the order of the rows; undefined for those that move, and those that have ended. */
export async function listWaiting(
  rows: readonly RunRow[],
  { open, waitingOf }: ListWaiting,
): Promise<(WhySummary | undefined)[]> {
  const driven = rows.some(mayMove) ? drivenIn(await open()) : new Set()
  const found = rows.map(({ status }) => (status === 'paused' ? whySummary(PAUSED) : undefined))
  const left = rows.flatMap((row, i) =>
    found[i] || isEnded(row.status) || (mayMove(row) && driven.has(row.id)) ? [] : i,
  )
  const one = async () => {
    for (let i = left.shift(); i !== undefined; i = left.shift()) {
      found[i] = await waitingOf((rows[i] as RunRow).id).catch(unlessGone) // one of its rows
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, one))
  return found
}

// ---

const AT_ONCE = 8

/** It does if somebody drives it. */
function mayMove(row: RunRow): boolean {
  return !isEnded(row.status) && row.status !== 'paused' && !isWaiting(row) && !waitsForInput(row)
}

function drivenIn(open: readonly OpenJournal[]): ReadonlySet<RunId> {
  return new Set(open.filter(({ isOurs, heldBy }) => isOurs || heldBy !== undefined).map(({ run }) => run))
}

/** A run that was removed meanwhile, or whose journal is damaged, does not keep the others from being listed. */
function unlessGone(thrown: unknown): undefined {
  if (FlowError.is(thrown)) return undefined
  throw thrown
}
