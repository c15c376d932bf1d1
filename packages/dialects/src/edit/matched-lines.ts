// Which lines of a text were in another one before: as many as can be in the order of both, by the algorithm of Myers, which is
// quick where little has changed. Whoever reads the two together goes through them stretch by stretch.

/** Two texts with more changes than that have nothing in common but their ends: it would take too long to find out what. */
const MOST_CHANGES = 1_000

/** Lines that are gone, those that stand in their place, and then the line that is in both, if there is one more. */
export interface Stretch {
  /** In the text before, up to the line that is in both. */
  readonly goneFrom: number
  readonly goneTo: number
  /** In the text now. */
  readonly newFrom: number
  readonly newTo: number
  /** By a line that is in both. */
  readonly isFollowed: boolean
}

/** All of both texts, in their order. */
export function* stretchesOf(before: readonly string[], now: readonly string[]): Generator<Stretch, undefined> {
  const matched = matchedLines(before, now)
  let [goneFrom, newFrom] = [0, 0]
  while (newFrom < now.length || goneFrom < before.length) {
    let newTo = newFrom
    while (matched[newTo] === NEW) newTo++
    const goneTo = matched[newTo] ?? before.length
    yield { goneFrom, goneTo, newFrom, newTo, isFollowed: newTo < now.length }
    newFrom = newTo + 1
    goneFrom = goneTo + 1
  }
  return undefined
}

// ---

const NEW = -1

/** For each line of `now`: where it is in `before`, or NEW. */
function matchedLines(before: readonly string[], now: readonly string[]): Int32Array {
  const matched = new Int32Array(now.length).fill(NEW)
  const least = Math.min(before.length, now.length)
  let start = 0
  while (start < least && before[start] === now[start]) matched[start] = start++
  let end = 0
  while (end < least - start && before.at(-1 - end) === now.at(-1 - end)) {
    end++
    matched[now.length - end] = before.length - end
  }
  const [n, m] = [before.length - start - end, now.length - start - end]
  const isSame = (x: number, y: number) => before[start + x] === now[start + y]
  const path = furthest(n, m, isSame)
  if (path)
    walkBack(path, n, m, (x, y) => {
      matched[start + y] = start + x
    })
  return matched
}

/**
 * After each number of changes: how far one comes on each diagonal (lines gone less lines new). Undefined: there are too many.
 */
function furthest(n: number, m: number, isSame: (x: number, y: number) => boolean): readonly Int32Array[] | undefined {
  const most = Math.min(n + m, MOST_CHANGES)
  const path: Int32Array[] = []
  for (let d = 0; d <= most; d++) {
    const before = path[d - 1]
    const reached = new Int32Array(2 * d + 1)
    path.push(reached)
    for (let k = -d; k <= d; k += 2) {
      let x = entryOf(before, d, k)
      while (x < n && x - k < m && isSame(x, x - k)) x++
      reached[k + d] = x
      if (x >= n && x - k >= m) return path
    }
  }
  return undefined
}

function walkBack(path: readonly Int32Array[], n: number, m: number, onSame: (x: number, y: number) => void): void {
  let [x, y] = [n, m]
  for (let d = path.length - 1; d >= 0; d--) {
    const before = path[d - 1]
    const k = x - y
    const from = entryOf(before, d, k)
    while (x > from) onSame(--x, --y)
    if (before && isNew(before, d, k)) y--
    else x--
  }
}

/** Where one comes onto that diagonal, with the last change on the way to it. */
function entryOf(before: Int32Array | undefined, d: number, k: number): number {
  if (!before) return 0
  return isNew(before, d, k) ? at(before, k + 1) : at(before, k - 1) + 1
}

/** The last change on the way to that diagonal was a new line, not one that is gone. */
function isNew(before: Int32Array, d: number, k: number): boolean {
  return k === -d || (k !== d && at(before, k - 1) < at(before, k + 1))
}

/** Of the row with one change less. */
function at(before: Int32Array, k: number): number {
  return before[k + (before.length - 1) / 2] as number // within the row
}
