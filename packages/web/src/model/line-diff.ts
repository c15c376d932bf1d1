// What differs between two texts, line by line.

import { matchedLines } from '@stepflow/dialects'

export interface DiffLine {
  readonly kind: 'same' | 'gone' | 'new'
  readonly text: string
}

export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  const matched = matchedLines(a, b)
  const lines: DiffLine[] = []
  let next = 0
  for (let from = 0; from < b.length || next < a.length; ) {
    let to = from
    while (to < b.length && matched[to] === -1) to++
    const there = matched[to] ?? a.length
    for (; next < there; next++) lines.push({ kind: 'gone', text: a[next] as string })
    for (; from < to; from++) lines.push({ kind: 'new', text: b[from] as string })
    if (to < b.length) lines.push({ kind: 'same', text: b[to] as string })
    from = to + 1
    next = there + 1
  }
  return lines
}

export interface Fold {
  readonly kind: 'fold'
  readonly count: number
}

/** Long stretches of what is the same are folded, but for so many lines beside each change. */
export function folded(lines: readonly DiffLine[], around: number): (DiffLine | Fold)[] {
  const isNear = new Uint8Array(lines.length)
  lines.forEach(({ kind }, i) => {
    if (kind !== 'same') isNear.fill(1, Math.max(0, i - around), i + around + 1)
  })
  const shown: (DiffLine | Fold)[] = []
  for (let i = 0; i < lines.length; ) {
    let to = i
    while (to < lines.length && isNear[to] === 0) to++
    if (to - i > 1) shown.push({ kind: 'fold', count: to - i })
    else shown.push(...lines.slice(i, to))
    while (to < lines.length && isNear[to] === 1) shown.push(lines[to++] as DiffLine)
    i = to
  }
  return shown
}
