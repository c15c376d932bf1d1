// Places in the order of all rows, which is (tx, place); and cursors, which are places as text.
//
// Transactions commit out of order. What was there at one moment is told by a snapshot: all below `xmax`, but for those that
// were under way (`xip`). So a cursor that was made at a moment says also what it skips.

import { BEGINNING, type Cursor } from '@stepflow/engine'

export interface Place {
  readonly tx: number
  readonly place: number
  /** Absent: nothing is skipped. Otherwise rows below `xmax` that are not of `xip`. */
  readonly skips?: { readonly xmax: number; readonly xip: readonly number[] }
}

/** Before all rows. */
export const START: Place = { tx: -1, place: -1 }

/** `10:20:12,15`, as PostgreSQL writes it. */
export function placeOf(snapshot: string, base: number): Place {
  const [xmin = '0', xmax = '0', list = ''] = snapshot.split(':')
  const tx = Number(xmin) + base
  const xip = list === '' ? [] : list.split(',').map((xid) => Number(xid) + base)
  return xmin === xmax ? { tx, place: -1 } : { tx, place: -1, skips: { xmax: Number(xmax) + base, xip } }
}

/** Does the row come after the place? */
export function isAfter(row: { readonly tx: number; readonly place: number }, { tx, place, skips }: Place): boolean {
  if (row.tx < tx || (row.tx === tx && row.place <= place)) return false
  return !skips || row.tx >= skips.xmax || skips.xip.includes(row.tx)
}

/** Behind a row, for whoever came from `before`. */
export function behind(row: { readonly tx: number; readonly place: number }, { skips }: Place): Place {
  const { tx, place } = row
  return skips && tx < skips.xmax ? { tx, place, skips } : { tx, place }
}

export function cursorOf({ tx, place, skips }: Place, store: string): Cursor {
  const at = `${store}-${tx}.${place}`
  return skips ? `${at}-${[skips.xmax, ...skips.xip].join('.')}` : at
}

/** Undefined if it is none of this store. */
export function readCursor(cursor: Cursor, store: string): Place | undefined {
  if (cursor === BEGINNING) return START
  const found = /^([0-9a-z]+)-(\d{1,15})\.(-1|\d{1,9})(?:-(\d{1,15}(?:\.\d{1,15})*))?$/.exec(cursor)
  if (!found || found[1] !== store) return undefined
  const [tx, place] = [Number(found[2]), Number(found[3])]
  const [xmax, ...xip] = found[4] === undefined ? [] : found[4].split('.').map(Number)
  return xmax === undefined ? { tx, place } : { tx, place, skips: { xmax, xip } }
}
