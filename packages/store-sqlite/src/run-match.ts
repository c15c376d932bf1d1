// Which of the runs in columns fit what is asked for: the same ones as `createFit` says of their rows.

import { createFit, foldCase, listOf, type RunFilter, type RunRow } from '@stepflow/engine'
import { ENDED, IS_TEST, type RunColumns } from './run-columns.ts'
import type { FoundTexts } from './run-texts.ts'

/** Is the run at that place one of those that are asked for? */
export type FitsAt = (index: number) => boolean

/** To be made once for all columns; of some no run fits. */
export function createMatch(filter: RunFilter): (columns: RunColumns) => FitsAt | undefined {
  const {
    since = Number.NEGATIVE_INFINITY,
    until = Number.POSITIVE_INFINITY,
    flow,
    trigger,
    labels = [],
    shown,
  } = filter
  const states = statesOf(filter)
  const fitsBegin = flow === undefined && trigger === undefined ? undefined : createFit({ flow, trigger })
  const q = filter.q ? foldCase(filter.q) : undefined
  return (columns) => {
    if (columns.latest < since || columns.earliest >= until || columns.size === 0) return undefined
    const wanted: number[] = []
    for (const label of labels) {
      const place = columns.placeOfLabel(label)
      if (place < 0) return undefined
      wanted.push(place)
    }
    const { state, created, begin, begins } = columns
    const begun = fitsBegin && Uint8Array.from(begins, (one) => (fitsBegin({ ...NO_RUN, ...one }) ? 1 : 0))
    const isWithin = columns.earliest >= since && columns.latest < until
    const found = q === undefined ? undefined : columns.texts.find(q, shown)
    return (i) => {
      if (states[state[i] as number] !== 1 || (begun && begun[begin[i] as number] !== 1)) return false
      if (!isWithin && ((created[i] as number) < since || (created[i] as number) >= until)) return false
      for (let n = 0; n < wanted.length; n++) if (!columns.hasLabel(i, wanted[n] as number)) return false
      return found === undefined || isFound(columns, found, i)
    }
  }
}

// ---

const NO_RUN: RunRow = {
  ...{ id: '', status: 'completed', createdAt: 0, recovered: 0 },
  items: { total: 0, success: 0, skipped: 0, failed: 0, cancelled: 0 },
  atWork: { running: 0, waiting: 0 },
}

function isFound({ begin, error, labelEnd, labelPlaces }: RunColumns, found: FoundTexts, i: number): boolean {
  if (found.ids[i] === 1 || found.begins[begin[i] as number] === 1 || found.errors[error[i] as number] === 1)
    return true
  const end = labelEnd[i] as number
  for (let n = i === 0 ? 0 : (labelEnd[i - 1] as number); n < end; n++) {
    if (found.labels[labelPlaces[n] as number] === 1) return true
  }
  return false
}

/** 1 for each state that is asked for. */
function statesOf({ status, kind }: RunFilter): Uint8Array {
  const asked = listOf(status)
  const states = new Uint8Array(256)
  for (const [i, one] of ENDED.entries()) {
    if (asked && !asked.includes(one)) continue
    if (kind !== 'test') states[i] = 1
    if (kind !== 'run') states[i | IS_TEST] = 1
  }
  return states
}
