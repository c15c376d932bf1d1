// Whether what was called was rightly called: nothing again that nobody had lost, and no more at once than a run allows.

import type { Call } from '../cluster.ts'
import type { AcceptedRun } from './load.ts'
import type { Loss } from './member.ts'

export type Losses = ReadonlyMap<string, readonly Loss[]>

/** Each as a sentence. A call is rightly repeated if its node may have lost it after it began; without losses, none is. */
export function wrongRepetitions(calls: readonly Call[], losses: Losses = new Map()): string[] {
  const last = new Map<string, Call>()
  const wrong: string[] = []
  for (const call of calls) {
    const key = `${call.run} ${call.item} ${call.step}`
    const before = last.get(key)
    last.set(key, call)
    if (before === undefined || isLost(before, call.begun, losses)) continue
    const ms = Math.round(call.begun - before.begun)
    wrong.push(`${key} was called at ${before.node}, and ${ms} ms later at ${call.node}, though nothing was lost`)
  }
  return wrong
}

/** Of runs that are limited: calls at once, without those that their node has lost, or that nobody knows the end of. */
export function tooManyAtOnce(calls: readonly Call[], runs: readonly AcceptedRun[], losses: Losses): string[] {
  const wrong: string[] = []
  for (const { id, limit } of runs) {
    if (limit === undefined) continue
    const own = calls.filter(({ run, ended }) => run === id && ended !== undefined)
    for (const { begun } of own) {
      const open = own.filter(
        (one) => one.begun <= begun && (one.ended as number) > begun && !isLost(one, begun, losses),
      )
      if (open.length > limit) wrong.push(`run ${id} had ${open.length} calls at once, and may have ${limit}`)
    }
  }
  return wrong
}

// ---

function isLost({ node, begun }: Call, at: number, losses: Losses): boolean {
  return (losses.get(node) ?? []).some(({ from, to }) => from < at && to > begun)
}
