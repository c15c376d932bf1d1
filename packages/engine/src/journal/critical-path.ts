// The steps that made a run as long as it was.

import type { StepStates } from './step-states.ts'

export interface CriticalPath {
  readonly ids: readonly string[]
  readonly ms: number
}

/** Back from the step that ended last, each time to the step before it that ended last. */
export function criticalPath({ steps, before }: StepStates): CriticalPath {
  const ended = (i: number) => steps[i]?.endedAt ?? -1
  const ran = (i: number) => {
    const step = steps[i]
    return !step?.isCarried && (step?.status === 'success' || step?.status === 'failed')
  }
  const latest = (of: Iterable<number>) => {
    let found = -1
    for (const i of of) if (ran(i) && ended(i) >= ended(found)) found = i
    return found
  }
  // A loop leads back to where it was.
  const path = new Set<number>()
  for (let at = latest(steps.keys()); at >= 0 && !path.has(at); at = latest(before[at] ?? [])) path.add(at)
  const order = [...path].reverse()
  const [first] = order
  const last = order.at(-1)
  if (first === undefined || last === undefined) return { ids: [], ms: 0 }
  const start = steps[first]?.startedAt ?? ended(first)
  return { ids: order.map((i) => steps[i]?.id ?? ''), ms: Math.max(0, ended(last) - start) }
}
