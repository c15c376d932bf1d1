// The keys of one map, each once. A second one is reported with both lines; the first is kept.

import type { Findings } from '../findings.ts'
import type { Entry } from './node.ts'

export function uniqueEntries(entries: readonly Entry[], findings: Findings): readonly Entry[] {
  if (entries.length < 2 || !hasDuplicates(entries)) return entries
  const seen = new Map<string, Entry>()
  for (const entry of entries) {
    const first = seen.get(entry.key)
    if (!first) seen.set(entry.key, entry)
    else {
      findings.error(
        'DUPLICATE_KEY',
        `key "${entry.key}" appears twice in one object: line ${first.line} and line ${entry.line}`,
        entry,
        undefined,
        'remove one of them',
      )
    }
  }
  return [...seen.values()]
}

export function hasDuplicates(entries: readonly Entry[]): boolean {
  if (entries.length <= 8) {
    for (let i = 1; i < entries.length; i++) {
      for (let j = 0; j < i; j++) if (entries[i]?.key === entries[j]?.key) return true
    }
    return false
  }
  return new Set(entries.map((entry) => entry.key)).size < entries.length
}
