// Pages of the lists that are at hand as a whole: the named flows, tokens and the like.

import { pageProperties } from '@stepflow/api'
import { cursorAfter, readCursor } from './cursor.ts'
import { unreadable } from './problem.ts'

export const pageQuery = { type: 'object', properties: pageProperties } as const

export interface PageOf<T> {
  readonly page: readonly T[]
  /** Goes into the answer as it is. */
  readonly next: { readonly nextCursor?: string }
}

/**
 * By a place that each has for good, in whose order they stand: what is added or removed moves no other onto another page.
 * Throws INVALID_INPUT for the cursor of another list.
 */
export function pageOf<T>(
  list: string,
  all: readonly T[],
  placeOf: (one: T) => string,
  { limit = 100, cursor }: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): PageOf<T> {
  const behind = placeIn(list, cursor)
  const sorted = all
    .map((one) => ({ one, place: placeOf(one) }))
    .filter(({ place }) => behind === undefined || place > behind)
    .sort((a, b) => (a.place < b.place ? -1 : 1))
  const page = sorted.slice(0, limit)
  const last = page.at(-1)
  const isMore = sorted.length > page.length && last !== undefined
  return {
    page: page.map(({ one }) => one),
    next: isMore ? { nextCursor: cursorAfter(`${list} ${last.place}`) } : {},
  }
}

/** A number as a part of a place: the order of the texts is that of the numbers. */
export function inOrder(number: number): string {
  return String(number).padStart(16, '0')
}

// ---

function placeIn(list: string, cursor: string | undefined): string | undefined {
  const place = readCursor(cursor)
  if (place === undefined) return undefined
  if (place.startsWith(`${list} `)) return place.slice(list.length + 1)
  throw unreadable('"cursor" is of another list: take the nextCursor of an answer')
}
