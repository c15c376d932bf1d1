// What differs between two texts, line by line.

import { stretchesOf } from '@stepflow/dialects'

export interface DiffLine {
  readonly kind: 'same' | 'gone' | 'new'
  readonly text: string
}

export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  const lines: DiffLine[] = []
  for (const { goneFrom, goneTo, newFrom, newTo, isFollowed } of stretchesOf(a, b)) {
    for (let i = goneFrom; i < goneTo; i++) lines.push({ kind: 'gone', text: a[i] as string })
    for (let i = newFrom; i < newTo; i++) lines.push({ kind: 'new', text: b[i] as string })
    if (isFollowed) lines.push({ kind: 'same', text: b[newTo] as string })
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
