// The line ends of a text that is edited: what edits it works with LF, and each line keeps the end that it had.

import { stretchesOf } from './matched-lines.ts'

export function withLf(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

/** The edited text, with the line ends of `text`. */
export function keepingLineEnds<T extends string | undefined>(text: string, edit: (text: string) => T): T {
  const edited = edit(withLf(text))
  return (edited === undefined ? undefined : withLineEndsOf(text, edited)) as T // undefined stays what it is
}

/**
 * What was edited with LF, with the line ends of the text before: a line that was there keeps its own, one that was changed has
 * that of the line in whose place it stands, and a new one that of the line above. A text with line ends of its own keeps them.
 */
export function withLineEndsOf(before: string, edited: string): string {
  if (!before.includes('\r\n') || edited.includes('\r\n')) return edited
  if (!/(?<!\r)\n/.test(before)) return edited.replaceAll('\n', '\r\n')
  const ends = endsFor(before, edited)
  return edited.replaceAll('\n', () => (ends.next().value === true ? '\r\n' : '\n'))
}

export interface LineEnds {
  /** Of a place in the text with LF. */
  offsetOf(at: number): number
  /** Of the line in which that place is. */
  endAt(at: number): '\n' | '\r\n'
}

export function lineEndsOf(text: string): LineEnds {
  /** Behind each line: where it ends in the text with LF, and how many CRs are before that. */
  const ends: number[] = []
  const counts: number[] = []
  for (let at = text.indexOf('\n'), count = 0; at >= 0; at = text.indexOf('\n', at + 1)) {
    const isCrlf = text[at - 1] === '\r'
    if (isCrlf) count++
    ends.push(at - count)
    counts.push(count)
  }
  /** How many lines end before that place. */
  const lineOf = (at: number) => {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] as number) < at) low = middle + 1
      else high = middle
    }
    return low
  }
  const before = (line: number) => counts[line - 1] ?? 0
  return {
    offsetOf: (at) => at + before(lineOf(at)),
    endAt(at) {
      const line = Math.min(lineOf(at), ends.length - 1)
      return line >= 0 && before(line + 1) > before(line) ? '\r\n' : '\n'
    },
  }
}

// ---

/** For each line of the edited text: whether it ends in CRLF. */
function* endsFor(before: string, edited: string): Generator<boolean, undefined> {
  const old = before.split('\n')
  const isCrlf = (i: number) => (old[i] as string).endsWith('\r')
  const lines = old.map((line, i) => (i < old.length - 1 && line.endsWith('\r') ? line.slice(0, -1) : line))
  const now = edited.split('\n')
  let above = isCrlf(0)
  // The last line of either text has no end.
  const last = old.length - 1
  for (const { goneFrom, goneTo, newFrom, newTo, isFollowed } of stretchesOf(lines, now)) {
    // Those that stand in the place of others: the break behind the last one is still the one that was there.
    for (let i = newFrom; i < newTo; i++) {
      const place = Math.max(goneFrom, goneTo - newTo + i)
      if (place < goneTo && place < last) above = isCrlf(place)
      yield above
    }
    if (!isFollowed) break
    if (goneTo < last) above = isCrlf(goneTo)
    yield above
  }
  return undefined
}
