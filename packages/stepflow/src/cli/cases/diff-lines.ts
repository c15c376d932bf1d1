// Two texts line by line: what went, what came. For results of a screenful, not for files.

/** Lines with a leading `-`, `+` or blank; only those near a difference. */
export function diffLines(before: string, after: string): string[] {
  const [a, b] = [before.trimEnd().split('\n'), after.trimEnd().split('\n')]
  if (a.length * b.length > MOST) return [...a.map((line) => `-${line}`), ...b.map((line) => `+${line}`)]
  return nearDifferences(walkBack(a, b))
}

// ---

/** Beyond this many pairs a table of them would be slow, and nobody would read the result. */
const MOST = 4_000_000
const AROUND = 3

function walkBack(a: readonly string[], b: readonly string[]): string[] {
  // common[i][j]: how many lines a[i..] and b[j..] have in common, in order.
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  const at = (i: number, j: number) => common[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    const row = common[i] as Uint32Array
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(` ${a[i++]}`)
      j++
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`-${a[i++]}`)
    else lines.push(`+${b[j++]}`)
  }
  return lines
}

function nearDifferences(lines: readonly string[]): string[] {
  const isNear = (i: number) => lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some((line) => line[0] !== ' ')
  const kept: string[] = []
  let gap = false
  lines.forEach((line, i) => {
    if (isNear(i)) {
      if (gap) kept.push(' ...')
      kept.push(line)
      gap = false
    } else gap = true
  })
  return kept
}
