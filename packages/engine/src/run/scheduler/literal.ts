// The literals of a plan: every item and every run is given the same ones, so they are frozen. Who gets one as an input
// that it may change gets a copy; these are told apart from what an author has frozen.

import type { Json } from '../../json.ts'

const literals = new WeakSet<object>()

/** The value, frozen all through. */
export function frozenLiteral(value: Json): Json {
  const open: Json[] = [value]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at !== 'object' || at === null || literals.has(at)) continue
    literals.add(at)
    Object.freeze(at)
    for (const part of Object.values(at)) open.push(part)
  }
  return value
}

/** A literal of some plan, or a part of one. */
export function isLiteral(value: object): boolean {
  return literals.has(value)
}
