// What a journal says of the steps of one item: state, times, attempts, reasons. A fold over entries, a few at a time or all at
// once, up to a moment if need be. Pure: it reads nothing and draws nothing.

import type { ErrorValue } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { stepsBefore } from '../plan/steps-before.ts'
import { ElementEnds } from './element-ends.ts'
import { type JournalEntry, saysEndOf } from './events.ts'
import { WAITS_FOR_PLACE } from './why.ts'

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
  /** Of a run inside it: how many elements it has, how many have ended, and failed. */
  elements?: ElementEnds
  /** Failures that something made good: its own, by a fallback, and those of elements that were left out. */
  recovered?: { count: number; readonly error?: ErrorValue }
}

export interface StepStates {
  /** By step number; steps that no author wrote are left out. */
  readonly steps: readonly (StepState | undefined)[]
  /** By step number: the steps it depends on. */
  readonly before: readonly (readonly number[])[]
}

export interface StepFold extends StepStates {
  /** Takes in what comes next. Entries of other items are passed over, and so are those after `until` (epoch milliseconds). */
  see(entries: readonly JournalEntry[], until?: number): void
}

/** The steps of one item of a run, before anything happened. */
export function foldSteps(plan: Plan, item = 0): StepFold {
  const before = stepsBefore(plan)
  const steps = plan.steps.map((step, i): StepState | undefined =>
    step.hidden
      ? undefined
      : { id: step.id, parent: before[i]?.at(-1), status: 'pending', attempts: 0, visits: 0, inside: 0 },
  )
  return {
    steps,
    before,
    see(entries, until = Number.POSITIVE_INFINITY) {
      for (const entry of entries) if (entry.at <= until) take(steps, item, entry)
    },
  }
}

// ---

type Steps = readonly (StepState | undefined)[]

function take(steps: Steps, item: number, entry: JournalEntry): void {
  switch (entry.type) {
    case 'finished':
      if (saysEndOf(entry, item)) for (const step of steps) if (step) leave(step, entry.at)
      return
    case 'closed':
      return takeInside(steps, item, entry, entry.sub)
    case 'started':
    case 'parked':
    case 'opened':
    case 'settled': {
      if (entry.sub !== undefined) return takeInside(steps, item, entry, entry.sub)
      const step = entry.item === item ? steps[entry.step] : undefined
      if (!step) return
      step.attempts = Math.max(step.attempts, entry.attempt)
      step.visits = Math.max(step.visits, entry.visit)
      if (entry.type === 'settled') return settle(step, entry)
      if (entry.type === 'parked') return park(step, entry)
      if (entry.type === 'started' && entry.queued) return queue(step)
      if (entry.type === 'started' || step.startedAt === undefined) start(step, entry.at)
      if (entry.type === 'opened') {
        step.elements = ElementEnds.opened(entry, step.elements)
      }
    }
  }
}

type Inside = JournalEntry & { type: 'started' | 'parked' | 'opened' | 'settled' | 'closed' }

/** Of a run inside a step; the key begins with `item/step/visit` of the outermost one. Where something happens, it has begun. */
function takeInside(steps: Steps, item: number, entry: Inside, sub: string): void {
  const [root, outermost, , ...deeper] = sub.split('/')
  const step = Number(root) === item ? steps[Number(outermost)] : undefined
  if (!step) return
  if (step.startedAt === undefined) start(step, entry.at)
  if (entry.type !== 'settled' && entry.type !== 'closed') return
  if (entry.type === 'settled') {
    step.inside++
    if (entry.recovered) recover(step, 1, entry.recovered)
  }
  if (deeper.length === 0) step.elements?.see(entry)
}

function recover(step: StepState, count: number, error?: ErrorValue): void {
  const before = step.recovered
  const first = before?.error ?? error
  step.recovered = { count: (before?.count ?? 0) + count, ...(first ? { error: first } : {}) }
}

function start(step: StepState, at: number) {
  step.status = 'running'
  step.startedAt ??= at
  delete step.endedAt
  delete step.reason
}

function queue(step: StepState) {
  step.status = 'pending'
  step.reason = WAITS_FOR_PLACE.text
  if (step.attempts === 1 && step.visits === 1) delete step.startedAt
}

function park(step: StepState, entry: JournalEntry & { type: 'parked' }) {
  step.status = 'waiting'
  step.startedAt ??= entry.at
  if (entry.retry) step.reason = `attempt ${entry.attempt} failed, again soon`
  else if (entry.signal !== undefined) step.reason = `for the signal "${entry.signal}"`
  else if (entry.turn !== undefined) step.reason = 'for its turn: no more calls may start now'
  else delete step.reason
}

function settle(step: StepState, entry: JournalEntry & { type: 'settled' }) {
  const { outcome, at } = entry
  step.endedAt = at
  if (entry.carried) step.isCarried = true
  delete step.reason
  if (entry.recovered) recover(step, 1, entry.recovered)
  else if (outcome.outcome !== 'failed' && step.elements?.failed)
    recover(step, step.elements.failed, step.elements.error)
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
