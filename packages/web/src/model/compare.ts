// Two runs side by side, by step id: what differs, what of it began it and what only follows.

import { durationText } from './format.ts'
import { type RunGraph, reachOf, type StepRow } from './run-graph.ts'

export interface StepPair {
  readonly id: string
  readonly a: StepRow | undefined
  readonly b: StepRow | undefined
  /** Undefined: nobody has looked yet. */
  readonly hasSameOutput: boolean | undefined
}

export interface Compared extends StepPair {
  readonly differs: boolean
  /** In a few words. */
  readonly why: string
  /** It differs since that step does. */
  readonly follows: string | undefined
  /** Milliseconds, B less A. */
  readonly longer: number | undefined
}

/** All steps of both: first those that differ by themselves, then what follows from them, then what is the same. */
export function compared(pairs: readonly StepPair[], graph: RunGraph): Compared[] {
  const reasons = new Map<string, string>()
  for (const pair of pairs) {
    const reason = reasonOf(pair)
    if (reason !== undefined) reasons.set(pair.id, reason)
  }
  const all = pairs.map((pair): Compared => {
    const reason = reasons.get(pair.id)
    const follows = reason === undefined ? undefined : nearestOf(reachOf(graph, pair.id, 'up'), reasons, graph)
    return {
      ...pair,
      differs: reason !== undefined,
      // What says by itself why it ended otherwise says more than what came before it.
      why: follows === undefined || saysWhy(pair) ? (reason ?? '') : `follows ${follows}`,
      follows,
      longer: longer(pair),
    }
  })
  const rank = ({ differs, follows }: Compared) => (differs ? (follows === undefined ? 0 : 1) : 2)
  return all.sort((x, y) => rank(x) - rank(y))
}

/** Milliseconds from start to end; undefined if it has not both. */
export function lastedOf(row: StepRow | undefined): number | undefined {
  if (row?.startedAt === undefined || row.endedAt === undefined) return undefined
  return Date.parse(row.endedAt) - Date.parse(row.startedAt)
}

/** `+6.3 s`, `-0.2 s` */
export function longerText(ms: number): string {
  return `${ms < 0 ? '\u2212' : '+'}${durationText(Math.abs(ms))}`
}

// ---

function saysWhy({ a, b }: StepPair): boolean {
  if (!a || !b || a.status === b.status) return false
  return [a, b].some(({ status, why }) => status === 'failed' || why?.kind === 'condition' || why?.kind === 'branch')
}

function reasonOf({ a, b, hasSameOutput }: StepPair): string | undefined {
  if (!a) return 'only in B'
  if (!b) return 'only in A'
  if (a.status !== b.status) {
    const error = (b.status === 'failed' ? b : a.status === 'failed' ? a : undefined)?.attempts.at(-1)?.error
    if (error) return `${b.status === 'failed' ? 'failed' : 'failed in A'}: ${error.code}`
    return (b.status === 'skipped' ? b : a.status === 'skipped' ? a : b).why?.text ?? `${a.status} to ${b.status}`
  }
  if (hasSameOutput === false) return 'another output'
  if ((a.recovered === undefined) !== (b.recovered === undefined)) return `recovered in ${b.recovered ? 'B' : 'A'} only`
  if (a.attempts.length !== b.attempts.length) return `${a.attempts.length} to ${b.attempts.length} attempts`
  return undefined
}

/** The one that comes last of those upstream that differ, in the order of the drawing. */
function nearestOf(
  upstream: ReadonlySet<string>,
  reasons: ReadonlyMap<string, string>,
  graph: RunGraph,
): string | undefined {
  let found: string | undefined
  for (const id of graph.steps) if (id !== undefined && upstream.has(id) && reasons.has(id)) found = id
  return found
}

function longer({ a, b }: StepPair): number | undefined {
  const [before, after] = [lastedOf(a), lastedOf(b)]
  return before === undefined || after === undefined ? undefined : after - before
}
