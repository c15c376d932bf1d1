// Why a step was skipped, or has not gone on, as far as entries say it. Pure. What only those know who look at the run (it is
// paused, nobody drives it), they add.

import type { ErrorValue } from '../errors.ts'
import type { TriggerRule } from '../plan/expr.ts'
import type { Plan } from '../plan/plan.ts'
import { conditionOf } from '../plan/step-parts.ts'
import type { Outcome } from '../run/outcome.ts'
import type { JournalEntry } from './events.ts'

/** Why a step was skipped, or has not gone on. */
export interface Why {
  /** `step`: the step itself, or the one that it waits for. */
  readonly kind:
    | 'condition'
    | 'need'
    | 'rule'
    | 'branch'
    | 'not_needed'
    | 'ended'
    | 'step'
    | 'signal'
    | 'time'
    | 'retry'
    | 'slot'
    | 'rate'
    | 'paused'
    | 'input'
    | 'node'
  readonly text: string
  /** The step that it is about, if that is another one. */
  readonly step?: string
  /** Epoch milliseconds. */
  readonly until?: number
  /** The name of the signal. */
  readonly signal?: string
  /** Where in the source it is decided, if somebody has looked. */
  readonly at?: { readonly file?: string; readonly line: number; readonly column: number }
  /** Of a condition, a rule or a branch, if somebody has looked: what it read, by the reference. */
  readonly values?: Readonly<Record<string, unknown>>
}

// --- reasons of skips, as the scheduler words them

export function becauseSkipped(id: string | undefined, reason: string): string {
  return `step "${id}" was skipped (${reason})`
}

export function becauseOfRule(rule: TriggerRule, what: 'succeeded' | 'failed'): string {
  return `${ruleName(rule)}: none of the steps it depends on ${what}`
}

// --- of a step

type Settled = Extract<JournalEntry, { type: 'settled' }>
type Parked = Extract<JournalEntry, { type: 'parked' }>

/** `steps`: the ids of those that it depends on. */
export function whySkipped(
  plan: Plan | undefined,
  { step, outcome, recovered, derived, attempt }: Settled & { readonly outcome: Outcome & { outcome: 'skipped' } },
  steps: readonly string[],
): Why {
  const { reason, cause } = outcome
  if (recovered) return { kind: 'step', text: `it failed, and is skipped for that: ${reason}` }
  if (!derived && attempt > 0) return { kind: 'step', text: reason }
  const rule = ruleOf(plan, step)
  const isNeed = cause !== undefined || steps.some((id) => reason.startsWith(becauseSkipped(id, '').slice(0, -1)))
  if (rule === undefined || !(isNeed || reason.startsWith(ruleName(rule))))
    return { kind: isNeed ? 'need' : 'condition', text: reason }
  return { kind: 'rule', text: reason.startsWith(ruleName(rule)) ? reason : `${ruleName(rule)}: ${reason}` }
}

export function whyParked({ retry, signal, turn, until }: Parked): Why {
  const late = until === undefined ? {} : { until }
  // Its number may be that of the next attempt.
  if (retry) return { kind: 'retry', text: 'the last attempt failed, and is repeated', ...late }
  if (signal !== undefined) return { kind: 'signal', text: `waits for the signal "${signal}"`, signal, ...late }
  if (turn !== undefined) return { kind: 'rate', text: 'waits for its turn: no more calls may start now', ...late }
  if (until !== undefined) return { kind: 'time', text: 'waits for its time', until }
  return { kind: 'step', text: 'waits for what runs inside it' }
}

export const WAITS_FOR_PLACE: Why = {
  kind: 'slot',
  text: 'waits for its plugin, which has as many calls in flight as it may, or starts',
}

/** Of a step that had begun when its item ended. */
export const CUT_OFF: Why = { kind: 'ended', text: 'the item ended' }

/** A step from which a way led to another one, which was not taken. */
export interface Decider {
  readonly id: string
  readonly isFailed: boolean
}

/** Of a step that was never reached, in an item that has ended. `decided`: by whom. */
export function whyNeverReached(
  end: { readonly outcome: Outcome['outcome']; readonly error?: ErrorValue },
  decided: Decider | undefined,
): Why {
  const isFailed = end.outcome === 'failed'
  if (decided && !(decided.isFailed && isFailed)) return whyElsewhere(decided)
  if (!isFailed) return { kind: 'not_needed', text: 'nothing needed it' }
  const { step, message } = end.error ?? {}
  if (step !== undefined) return { kind: 'ended', text: `the item ended when step "${step}" failed`, step }
  return message === undefined ? CUT_OFF : { kind: 'ended', text: `the item ended: ${message}` }
}

export function whyElsewhere({ id, isFailed }: Decider): Why {
  return { kind: 'branch', text: `step "${id}" ${isFailed ? 'failed, and ' : ''}led elsewhere`, step: id }
}

// ---

function ruleName(rule: TriggerRule): string {
  return `trigger rule ${rule}`
}

/** Unless it is the one that holds where nobody says anything. */
function ruleOf(plan: Plan | undefined, step: number): TriggerRule | undefined {
  const input = plan?.steps[step]?.input
  const rule = input && conditionOf(input).rule
  return rule === 'all_success' ? undefined : rule
}
