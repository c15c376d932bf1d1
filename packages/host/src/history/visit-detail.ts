// One visit of a step with what it was given and what it answered. What comes in is redacted already.

import {
  type ErrorValue,
  type JournalEntry,
  type Origin,
  type Outcome,
  type Plan,
  stepsBefore,
  type VisitReads,
  type VisitRow,
} from '@stepflow/engine'

export interface VisitDetail {
  readonly row: VisitRow
  /** Evaluated again; absent if it was not called, or nobody knows. */
  readonly input?: unknown
  /** Of a success. */
  readonly output?: unknown
  readonly error?: ErrorValue & { readonly file?: string } & Partial<Origin>
}

export interface WhichVisit {
  readonly stepId: string
  /** The last unless told. */
  readonly visit?: number | undefined
  /** Inside a step: of which element; the last unless told. */
  readonly element?: number | undefined
}

/** The visit that is asked for; undefined if there is none. */
export function visitAmong(rows: readonly VisitRow[], { stepId, visit, element }: WhichVisit): VisitRow | undefined {
  return rows.findLast(
    (row) =>
      row.stepId === stepId &&
      (visit === undefined || row.visit === visit) &&
      (element === undefined || row.element === element),
  )
}

/** How a visit ended; undefined if it has not. */
export function outcomeOf(
  entries: readonly JournalEntry[],
  { step, visit, element }: VisitRow,
  inside: string | undefined,
): Outcome | undefined {
  const last = entries.findLast(
    (entry) =>
      entry.type === 'settled' &&
      entry.step === step &&
      entry.visit === visit &&
      (inside === undefined ? entry.sub === undefined : isIn(entry, inside, element ?? 0)),
  )
  return last?.type === 'settled' ? last.outcome : undefined
}

/** The failure, and where its step is written. */
export function placedError(error: ErrorValue, plan: Plan | undefined, step: number): VisitDetail['error'] {
  const origin = plan?.steps[step]?.origin
  return { ...error, ...(plan?.file === undefined ? {} : { file: plan.file }), ...origin }
}

export interface DecidedBy {
  readonly rows: readonly VisitRow[]
  readonly plan: Plan | undefined
  readonly reads: VisitReads | undefined
  readonly entries: readonly JournalEntry[]
  readonly inside: string | undefined
}

/** What decided it: what its condition read, how those that its rule asks about ended, what the step answered that led elsewhere. */
export function decidedBy(
  { why, step, element }: VisitRow,
  { rows, plan, reads, entries, inside }: DecidedBy,
): Readonly<Record<string, unknown>> | undefined {
  switch (why?.kind) {
    case 'condition':
      return reads?.values
    case 'rule': {
      const before = (plan && stepsBefore(plan)[step]) ?? []
      const asked = before.map((one) => rows.findLast((row) => row.step === one && row.element === element))
      return Object.fromEntries(asked.flatMap((row) => (row ? [[row.stepId, row.status]] : [])))
    }
    case 'branch': {
      const decider = rows.findLast((row) => row.stepId === why.step && row.element === element)
      const outcome = decider && outcomeOf(entries, decider, inside)
      return outcome?.outcome === 'success' ? { [decider?.stepId as string]: outcome.result } : undefined
    }
    default:
      return undefined
  }
}

// ---

/** A step that runs one plan after the other counts them: `.2` behind its key. */
function isIn({ sub, item }: { readonly sub?: string; readonly item: number }, inside: string, element: number) {
  if (sub === inside) return item === element
  if (!sub?.startsWith(`${inside}.`)) return false
  const count = sub.slice(inside.length + 1)
  return /^\d+$/.test(count) && item + Number(count) - 1 === element
}
