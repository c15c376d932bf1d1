// A finding about a source, with its place. Diagnostics are values: collected, never thrown.

/** How bad a finding is; nothing runs with a `fatal` one or an `error`. */
export type Level = 'fatal' | 'error' | 'warning' | 'hint'

/** A finding about a workflow, with its line. */
export interface Diagnostic {
  /** SCREAMING_SNAKE, stable: programs may test for it. */
  readonly code: string
  readonly level: Level
  readonly message: string
  readonly file?: string
  /** From 1. */
  readonly line?: number
  readonly column?: number
  /** Where in the document: `$.steps[1].input.url`. */
  readonly path?: string
  /** What to do about it. */
  readonly hint?: string
}

/** True if nothing may run. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.level === 'fatal' || d.level === 'error')
}

/** Those that keep it from running, without warnings and hints. */
export function errorsOf(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter(({ level }) => level === 'fatal' || level === 'error')
}

/** The nearest of `known` to a misspelt word, if one is near enough to be meant. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  // One letter is no misspelling of another.
  let bestDistance = (word.length < 2 ? 0 : Math.max(1, Math.floor(word.length / 3))) + 1
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

// ---

/** Damerau-Levenshtein (adjacent swaps count one), cut off at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let d = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, (before[j - 2] ?? 0) + 1)
      row.push(d)
    }
    before = last
    last = row
  }
  return last[b.length] ?? limit
}
