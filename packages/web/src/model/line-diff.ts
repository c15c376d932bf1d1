// What differs between two texts, line by line.

export interface DiffLine {
  readonly kind: 'same' | 'gone' | 'new'
  readonly text: string
}

/** Above so many pairs of lines, all of what lies between the common ends counts as changed. */
const MOST_PAIRS = 1_000_000

export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  return [
    ...a.slice(0, start).map((text): DiffLine => ({ kind: 'same', text })),
    ...middleOf(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map((text): DiffLine => ({ kind: 'same', text })),
  ]
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

// ---

function middleOf(a: readonly string[], b: readonly string[]): DiffLine[] {
  if (a.length * b.length > MOST_PAIRS) return [...a.map(gone), ...b.map(added)]
  // The longest common part, from each place to the end.
  const width = b.length + 1
  const longest = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [down, right] = [longest[(i + 1) * width + j] as number, longest[i * width + j + 1] as number]
      longest[i * width + j] = a[i] === b[j] ? (longest[(i + 1) * width + j + 1] as number) + 1 : Math.max(down, right)
    }
  }
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]]
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', text: left })
      i++
      j++
    } else if (
      right === undefined ||
      (left !== undefined && (longest[(i + 1) * width + j] as number) >= (longest[i * width + j + 1] as number))
    ) {
      lines.push(gone(left as string)) // one of the two is there
      i++
    } else {
      lines.push(added(right))
      j++
    }
  }
  return lines
}

function gone(text: string): DiffLine {
  return { kind: 'gone', text }
}

function added(text: string): DiffLine {
  return { kind: 'new', text }
}
