// The lines of a text with LF, and which of them belong to an item of a list: its own, and the comments right above it.

import type { Collection, Item } from './located.ts'
import type { Change } from './pieces.ts'

/** Where the item begins, with the comments right above it. */
export function chunkStart(text: string, holder: Collection, index: number): number {
  const item = holder.items[index] as Item
  let from = lineStart(text, item.from)
  if (!startsLine(text, item.from)) return item.from
  const least =
    index === 0 ? afterLine(text, lineEndAbove(text, holder)) : afterLine(text, (holder.items[index - 1] as Item).to)
  while (from > least) {
    const above = lineStart(text, from - 1)
    if (above < least || !/^[ \t]*#/.test(text.slice(above, from))) break
    from = above
  }
  return from
}

/** Of the key that a list belongs to: comments between it and the first item are the item's. */
export function lineEndAbove(text: string, holder: Collection): number {
  const start = lineStart(text, holder.from)
  let at = start
  while (at > 0) {
    const above = lineStart(text, at - 1)
    if (!/^[ \t]*(#.*)?\n?$/.test(text.slice(above, at))) return at - 1
    at = above
  }
  return 0
}

/** Blank lines stand between the items. */
export function areApart(text: string, { items }: Collection): boolean {
  const [first, second] = items
  return first !== undefined && second !== undefined && /\n[ \t]*\n/.test(text.slice(first.to, second.from))
}

/** The last lines of a collection, with the line break before them. */
export function lastLines(text: string, from: number, to: number): Change {
  const end = lineEnd(text, to)
  const start = from > 0 && text[from - 1] === '\n' ? from - 1 : from
  return { from: start, to: end, insert: '' }
}

export function startsLine(text: string, at: number): boolean {
  return text.slice(lineStart(text, at), at).trim() === ''
}

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

export function afterLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

export function columnOf(text: string, at: number): number {
  return at - lineStart(text, at)
}
