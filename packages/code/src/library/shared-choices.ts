// Choices that other choices read more than once. Written out in each place, a plan would double with every level of
// them; so they are made in a step of their own.

import type { Block, Choice, Source } from './flow-draft.ts'
import { nodeOf } from './ref.ts'

/** Of the block, and of what runs once per element in it. */
export function sharedChoices(block: Block): ReadonlySet<Source> {
  const times = new Map<Choice, number>()
  for (const choice of reachable(valuesOf(block))) {
    for (const read of choice.of.flatMap(choicesIn)) times.set(read, (times.get(read) ?? 0) + 1)
  }
  // A step that goes on after failures sees null in their place, within a choice, too: it has to make that itself.
  const own = reachable(block.steps.filter(({ rule }) => rule !== 'all_success').flatMap(readBy))
  return new Set([...times.keys()].filter((choice) => (times.get(choice) as number) > 1 && !own.has(choice)))
}

/** Those that the value refers to, however often. */
export function choicesIn(value: unknown): Choice[] {
  const source = nodeOf(value)?.source as Source | undefined // references are made by our builder only
  if (source) return source.kind === 'cond' || source.kind === 'coalesce' ? [source] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(choicesIn) : []
}

// ---

function valuesOf({ steps, output }: Block): unknown[] {
  const inside = steps.flatMap(({ work }) => (work.kind === 'each' ? valuesOf(work.block) : []))
  return [...steps.flatMap(readBy), ...inside, output]
}

function readBy({ input, when, onError }: Block['steps'][number]): unknown[] {
  return [input, when, onError]
}

/** Each once. */
function reachable(values: readonly unknown[]): ReadonlySet<Choice> {
  const found = new Set(values.flatMap(choicesIn))
  for (const choice of found) for (const inner of choice.of.flatMap(choicesIn)) found.add(inner)
  return found
}
