// Which spellings of a key mean the same, and reading a map by them.

import { below, type Findings, lineOf, type Trail } from './findings.ts'
import type { Entry, MapNode } from './source/node.ts'

/** Accepted spelling -> canonical key. */
export type KeyTable = ReadonlyMap<string, string>

/** Canonical keys with their other spellings; the camelCase one comes by itself. */
export function keyTable(keys: Readonly<Record<string, readonly string[]>>): KeyTable {
  const table = new Map<string, string>()
  for (const [canonical, aliases] of Object.entries(keys)) {
    for (const name of [canonical, ...aliases]) {
      table.set(name, canonical)
      table.set(camelCase(name), canonical)
    }
  }
  return table
}

/** The map's entries by canonical key. Unknown keys and two spellings of one key are told; `spelt` is how a key is shown. */
export function readKeys(
  node: MapNode,
  table: KeyTable,
  owner: string,
  findings: Findings,
  trail: Trail | undefined,
  spelt: (canonical: string) => string = (canonical) => canonical,
): ReadonlyMap<string, Entry> {
  const found = new Map<string, Entry>()
  for (const entry of node.entries) {
    const canonical = table.get(entry.key)
    if (canonical === undefined) {
      // Who writes snake_case is shown it.
      const shown = entry.key.includes('_') ? table.values() : [...table.values()].map(spelt)
      findings.unknownKey(entry.key, new Set(shown), owner, entry, below(trail, entry.key))
      continue
    }
    const first = found.get(canonical)
    if (first) {
      findings.error(
        'CONFLICTING_KEYS',
        `"${first.key}"${lineOf(first)} and "${entry.key}"${lineOf(entry)} are two spellings of one key in ${owner}`,
        entry,
        below(trail, entry.key),
        `keep "${spelt(canonical)}"`,
      )
    } else found.set(canonical, entry)
  }
  return found
}

// ---

function camelCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
