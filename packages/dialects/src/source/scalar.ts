// Plain YAML words as values: the core schema of YAML 1.2. `yes`, `no` and dates are text.

/** Undefined for a number that JSON does not have (`.inf`, `.nan`). */
export function plainValue(word: string): string | number | boolean | null | undefined {
  // Almost all words are text: one look at the first character tells.
  if (!/^[-+.~\dntfNTF]/.test(word)) return word
  if (word === '~' || word === 'null' || word === 'Null' || word === 'NULL') return null
  if (word === 'true' || word === 'True' || word === 'TRUE') return true
  if (word === 'false' || word === 'False' || word === 'FALSE') return false
  if (/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(word)) {
    const value = Number(word)
    return Number.isFinite(value) ? value : undefined
  }
  if (/^0o[0-7]+$/.test(word)) return Number.parseInt(word.slice(2), 8)
  if (/^0x[\da-fA-F]+$/.test(word)) return Number.parseInt(word.slice(2), 16)
  if (/^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/.test(word)) return undefined
  return word
}
