// Places in the order of all rows, which is (tx, place); and cursors, which are places as text.
//
// Transactions commit out of order. What was there at one moment is told by a snapshot: all below `xmax`, but for those that
// were under way (`xip`). So a cursor that was made at a moment says also what it skips; and one that is given beside a row which
// was told ahead of its turn says also which rows were.

import { BEGINNING, type Cursor } from '@stepflow/engine'

/** Of a row. */
export interface Spot {
  readonly tx: number
  readonly place: number
}

export interface Place extends Spot {
  /** Absent: nothing is skipped. Otherwise rows below `xmax` that are not of `xip`. */
  readonly skips?: { readonly xmax: number; readonly xip: readonly number[] }
  /** Rows beyond it that whoever comes from here has heard of; lines of logs are not among them. */
  readonly told?: readonly Span[]
}

/** Rows of one transaction, both ends included. */
export interface Span {
  readonly tx: number
  readonly from: number
  readonly to: number
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
export function isAfter(row: Spot, { tx, place, skips, told }: Place): boolean {
  if (row.tx < tx || (row.tx === tx && row.place <= place)) return false
  if (told?.some((span) => span.tx === row.tx && span.from <= row.place && row.place <= span.to)) return false
  return !skips || row.tx >= skips.xmax || skips.xip.includes(row.tx)
}

/** Behind a row, for whoever came from `before`. */
export function behind({ tx, place }: Spot, { skips, told = [] }: Place): Place {
  return withTold(skips && tx < skips.xmax ? { tx, place, skips } : { tx, place }, told)
}

/** A place, of which those rows have been told that stand beyond it. */
export function withTold({ tx, place, skips }: Place, told: readonly Span[]): Place {
  const beyond = told.filter((span) => span.tx > tx || (span.tx === tx && span.to > place))
  return { tx, place, ...(skips && { skips }), ...(beyond.length > 0 && { told: beyond }) }
}

/** Transactions in `told` are counted from that of the place: a cursor is often sent. */
export function cursorOf({ tx, place, skips, told = [] }: Place, store: string): Cursor {
  const at = `${store}-${tx}.${place}`
  const skipped = skips ? `-${[skips.xmax, ...skips.xip].join('.')}` : ''
  return `${at}${skipped}${told.map((span) => `_${span.tx - tx}.${span.from}.${span.to}`).join('')}`
}

const CURSOR = /^([0-9a-z]+)-(\d{1,15})\.(-1|\d{1,9})(?:-(\d{1,15}(?:\.\d{1,15})*))?((?:_\d{1,15}\.\d{1,9}\.\d{1,9})*)$/

/** Undefined if it is none of this store. */
export function readCursor(cursor: Cursor, store: string): Place | undefined {
  if (cursor === BEGINNING) return START
  const found = CURSOR.exec(cursor)
  if (!found || found[1] !== store) return undefined
  const [tx, place] = [Number(found[2]), Number(found[3])]
  const [xmax, ...xip] = found[4] === undefined ? [] : found[4].split('.').map(Number)
  const spans = (found[5] ?? '').split('_').slice(1)
  const told = spans.map((span): Span => {
    const [beyond = 0, from = 0, to = 0] = span.split('.').map(Number)
    return { tx: tx + beyond, from, to }
  })
  return { tx, place, ...(xmax !== undefined && { skips: { xmax, xip } }), ...(told.length > 0 && { told }) }
}
