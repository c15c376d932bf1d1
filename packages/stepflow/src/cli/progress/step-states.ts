// What a run's journal says of its steps: state, times, reasons. A pure fold over entries; draws nothing.

import { allRefs, type ErrorValue, type JournalEntry, type Plan } from '@stepflow/engine'

export interface StepState {
  readonly id: string
  /** The step that it is drawn under: the last of those it depends on. */
  readonly parent: number | undefined
  status: 'pending' | 'running' | 'waiting' | 'success' | 'skipped' | 'failed' | 'cancelled'
  startedAt?: number
  endedAt?: number
  /** Of a skip, of a wait. */
  reason?: string
  error?: ErrorValue
  attempts: number
  visits: number
  /** Taken over from the run that this one repeats, with the times it had there. */
  isCarried?: boolean
  /** Steps of runs inside it (a map, a nested flow) that have ended. */
  inside: number
}

export interface StepStates {
  /** By step number; steps that no author wrote are left out. */
  readonly steps: readonly (StepState | undefined)[]
  /** By step number: the steps it depends on. */
  readonly before: readonly (readonly number[])[]
  see(entries: readonly JournalEntry[]): void
}

export function createStepStates(plan: Plan): StepStates {
  const before = dependencies(plan)
  const steps = plan.steps.map((step, i): StepState | undefined =>
    step.hidden
      ? undefined
      : { id: step.id, parent: before[i]?.at(-1), status: 'pending', attempts: 0, visits: 0, inside: 0 },
  )

  function see(entries: readonly JournalEntry[]) {
    for (const entry of entries) {
      if (entry.type === 'finished') {
        for (const step of steps) if (step) leave(step, entry.at)
        continue
      }
      if (entry.type !== 'started' && entry.type !== 'settled' && entry.type !== 'parked') continue
      if (entry.sub !== undefined) {
        if (entry.type === 'settled') inside(entry.sub)
        continue
      }
      const step = steps[entry.step]
      if (!step) continue
      step.attempts = Math.max(step.attempts, entry.attempt)
      step.visits = Math.max(step.visits, entry.visit)
      if (entry.type === 'started') start(step, entry.at)
      else if (entry.type === 'parked') park(step, entry)
      else settle(step, entry)
    }
  }

  /** A step of a run inside a step ended; the key begins with `item/step/visit` of the outermost one. */
  function inside(sub: string) {
    const step = steps[Number(sub.split('/')[1])]
    if (step) step.inside++
  }

  return { steps, before, see }
}

/**
 * The chain of steps that made the run as long as it was: back from the step that ended last, each time to the step before it
 * that ended last.
 */
export function criticalPath(states: StepStates): { readonly ids: readonly string[]; readonly ms: number } {
  const { steps, before } = states
  const ended = (i: number) => steps[i]?.endedAt ?? -1
  const ran = (i: number) => {
    const step = steps[i]
    return !step?.isCarried && (step?.status === 'success' || step?.status === 'failed')
  }
  const latest = (of: readonly number[]) => of.filter(ran).reduce((a, b) => (ended(b) >= ended(a) ? b : a), -1)
  const path: number[] = []
  let at = latest([...steps.keys()])
  while (at >= 0 && !path.includes(at)) {
    path.unshift(at)
    at = latest(before[at] ?? [])
  }
  const first = path[0]
  const last = path.at(-1)
  if (first === undefined || last === undefined) return { ids: [], ms: 0 }
  const start = steps[first]?.startedAt ?? ended(first)
  return { ids: path.map((i) => steps[i]?.id ?? ''), ms: Math.max(0, ended(last) - start) }
}

// ---

function start(step: StepState, at: number) {
  step.status = 'running'
  step.startedAt ??= at
  delete step.endedAt
  delete step.reason
}

function park(step: StepState, entry: JournalEntry & { type: 'parked' }) {
  step.status = 'waiting'
  step.startedAt ??= entry.at
  if (entry.retry) step.reason = `attempt ${entry.attempt} failed, again soon`
  else if (entry.signal !== undefined) step.reason = `for the signal "${entry.signal}"`
  else delete step.reason
}

function settle(step: StepState, entry: JournalEntry & { type: 'settled' }) {
  const { outcome, at } = entry
  step.endedAt = at
  if (entry.carried) step.isCarried = true
  delete step.reason
  if (outcome.outcome === 'skipped') {
    step.status = 'skipped'
    step.reason = outcome.reason
    return
  }
  step.startedAt ??= at
  if (outcome.outcome === 'success') {
    step.status = 'success'
    return
  }
  step.error = outcome.error
  step.status = outcome.error.code === 'CANCELLED' ? 'cancelled' : 'failed'
}

/** The item has ended: what has not, will not. */
function leave(step: StepState, at: number) {
  if (step.endedAt !== undefined) return
  step.status = step.startedAt === undefined ? 'skipped' : 'cancelled'
  step.reason = 'the item ended'
  step.endedAt = at
}

/** For each step the steps that come before it, through those that no author wrote. */
function dependencies(plan: Plan): number[][] {
  const direct = plan.steps.map((step) => [...new Set([...allRefs(step.input), ...(step.needs ?? [])])])
  plan.steps.forEach((step, i) => {
    for (const next of step.next ?? []) if (next.to !== i && !direct[next.to]?.includes(i)) direct[next.to]?.push(i)
  })
  return direct.map((_, i) => {
    const found = new Set<number>()
    const seen = new Set<number>([i])
    const visit = (step: number) => {
      for (const before of direct[step] ?? []) {
        if (seen.has(before)) continue
        seen.add(before)
        if (plan.steps[before]?.hidden) visit(before)
        else found.add(before)
      }
    }
    visit(i)
    return [...found].sort((a, b) => a - b)
  })
}
