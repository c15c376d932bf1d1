// The cursors of lists: where the next page begins, in a form that nobody but us reads.

import { unreadable } from './problem.ts'

export function cursorAfter(place: string): string {
  return Buffer.from(place).toString('base64url')
}

/** Throws INVALID_INPUT for one that is not ours. */
export function readCursor(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const place = Buffer.from(text, 'base64url').toString()
  if (place !== '' && cursorAfter(place) === text) return place
  throw unreadable('"cursor" is none of ours: take the nextCursor of an answer')
}
