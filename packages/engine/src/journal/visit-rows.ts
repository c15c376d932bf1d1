// What a journal says of the steps of one item, a row for each visit, with the tries of each: for programs that read it. A fold
// over entries. Pure, and without values; a picture of the steps is step-states.ts.

import type { ErrorValue } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { stepsBefore } from '../plan/steps-before.ts'
import type { Outcome } from '../run/outcome.ts'
import { type JournalEntry, saysEndOf, visitPath } from './events.ts'

export interface VisitRow {
  readonly step: number
  readonly stepId: string
  readonly visit: number
  status: 'pending' | 'running' | 'waiting' | 'success' | 'skipped' | 'failed' | 'cancelled'
  /** When the last thing that it waited for ended; epoch milliseconds, as all times. */
  readyAt?: number
  startedAt?: number
  endedAt?: number
  readonly attempts: AttemptRow[]
  /** The failure that something made good. */
  recovered?: ErrorValue
  /** Taken over from the run that this one repeats. */
  reused?: true
  cached?: true
  /** Elements of what runs inside it: how many have ended, and how many there are. */
  done?: number
  total?: number
  /** Names the runs inside it. */
  inside?: string
  why?: Why
}

export interface AttemptRow {
  startedAt: number
  endedAt?: number
  error?: ErrorValue
  readonly node?: string
}

/** Why a step was skipped, or has not gone on. */
export interface Why {
  readonly kind: 'condition' | 'need' | 'ended' | 'signal' | 'time' | 'retry' | 'step'
  readonly text: string
  /** Epoch milliseconds. */
  readonly until?: number
  /** The name of the signal. */
  readonly signal?: string
}

export interface VisitFold {
  see(entries: readonly JournalEntry[]): void
  /** In the order of the plan, and of the visits; a step that nothing has reached has one row. */
  rows(): VisitRow[]
}

/** The visits of one item, before anything happened. */
export function foldVisits(plan: Plan, item = 0): VisitFold {
  return new Visits(plan, item)
}

// ---

type OfVisit = JournalEntry & { type: 'started' | 'parked' | 'opened' | 'settled' }

class Visits implements VisitFold {
  readonly #plan: Plan
  readonly #item: number
  /** By step, then by visit. */
  readonly #rows: Map<number, VisitRow>[]
  /** Rows of steps whose elements are a step each. */
  readonly #byStep = new Set<VisitRow>()
  /** When the item was first heard of. */
  #since: number | undefined
  /** In the run that this one repeats. */
  #carriedSince: number | undefined
  #endedAt: number | undefined
  #node: string | undefined

  constructor(plan: Plan, item: number) {
    this.#plan = plan
    this.#item = item
    this.#rows = plan.steps.map(() => new Map())
  }

  see(entries: readonly JournalEntry[]): void {
    for (const entry of entries) this.#take(entry)
  }

  rows(): VisitRow[] {
    const before = stepsBefore(this.#plan)
    const rows: VisitRow[] = []
    for (const [step, { id, hidden }] of this.#plan.steps.entries()) {
      if (hidden) continue
      const visits = this.#rows[step] as Map<number, VisitRow> // a map for each
      if (visits.size === 0) rows.push(this.#unreached(step, id))
      for (const row of visits.values()) {
        const readyAt = this.#readyAt(row, before[step] ?? [])
        rows.push(readyAt === undefined ? this.#ended(row) : { ...this.#ended(row), readyAt })
      }
    }
    return rows
  }

  #take(entry: JournalEntry): void {
    switch (entry.type) {
      case 'claimed':
        this.#node = entry.node
        return
      case 'finished':
        if (saysEndOf(entry, this.#item)) this.#endedAt = entry.at
        return
      case 'closed':
        this.#takeInside(entry.sub, true)
        return
      case 'started':
      case 'parked':
      case 'opened':
      case 'settled':
        if (entry.sub !== undefined) return this.#takeInside(entry.sub, false)
        if (entry.item === this.#item) this.#takeOwn(entry)
    }
  }

  #takeOwn(entry: OfVisit): void {
    // What is taken over from another run has the times of that one.
    if (entry.type === 'settled' && entry.carried) this.#carriedSince ??= entry.at
    else this.#since ??= entry.at
    const row = this.#row(entry.step, entry.visit)
    if (!row) return
    switch (entry.type) {
      case 'started':
        return this.#start(row, entry)
      case 'opened':
        if (row.startedAt === undefined) this.#start(row, entry)
        row.done = 0
        row.total = entry.elements
        row.inside = visitPath(entry)
        if (entry.byStep) this.#byStep.add(row)
        return
      case 'parked':
        return this.#park(row, entry)
      case 'settled':
        return this.#settle(row, entry)
    }
  }

  /** The key begins with `item/step/visit` of the step that it is inside of. */
  #takeInside(sub: string, isElement: boolean): void {
    const [root, step, visit, ...deeper] = sub.split('/')
    if (Number(root) !== this.#item) return
    const row = this.#row(Number(step), Number(visit))
    if (row?.done === undefined || deeper.length > 0) return
    if (isElement || this.#byStep.has(row)) row.done++
  }

  #row(step: number, visit: number): VisitRow | undefined {
    const visits = this.#rows[step]
    const { id, hidden } = this.#plan.steps[step] ?? { hidden: true }
    if (!visits || hidden || id === undefined) return undefined
    const known = visits.get(visit)
    if (known) return known
    const row: VisitRow = { step, stepId: id, visit, status: 'pending', attempts: [] }
    visits.set(visit, row)
    return row
  }

  #start(row: VisitRow, { at, attempt }: OfVisit): void {
    row.status = 'running'
    row.startedAt ??= at
    delete row.why
    this.#attempt(row, attempt, at)
  }

  #park(row: VisitRow, entry: OfVisit & { type: 'parked' }): void {
    const { at, attempt, retry, error, signal, until } = entry
    row.status = 'waiting'
    row.startedAt ??= at
    const tried = this.#attempt(row, attempt, at)
    if (tried && retry) {
      tried.endedAt = at
      if (error) tried.error = error
    }
    const late = until === undefined ? {} : { until }
    if (retry) row.why = { kind: 'retry', text: `attempt ${attempt} failed, and is tried again`, ...late }
    else if (signal !== undefined)
      row.why = { kind: 'signal', text: `waits for the signal "${signal}"`, signal, ...late }
    else if (until !== undefined) row.why = { kind: 'time', text: 'waits for its time', until }
    else row.why = { kind: 'step', text: 'waits for what runs inside it' }
  }

  #settle(row: VisitRow, { outcome, at, attempt, carried, cached, recovered }: OfVisit & { type: 'settled' }): void {
    row.endedAt = at
    delete row.why
    if (carried) row.reused = true
    if (cached) row.cached = true
    if (recovered) row.recovered = recovered
    const isSkipped = outcome.outcome === 'skipped'
    if (isSkipped) row.why = whySkipped(outcome, recovered)
    // What is skipped before it was tried has no attempt.
    const tried = this.#attempt(row, isSkipped ? attempt : Math.max(1, attempt), row.startedAt ?? at)
    if (tried || !isSkipped) row.startedAt ??= at
    const isFailed = outcome.outcome === 'failed'
    row.status = !isFailed ? outcome.outcome : outcome.error.code === 'CANCELLED' ? 'cancelled' : 'failed'
    if (!tried) return
    tried.endedAt = at
    const error = isFailed ? outcome.error : recovered
    if (error) tried.error = error
  }

  /** Made if it is news; those before it that nothing was written of are left out. */
  #attempt(row: VisitRow, attempt: number, startedAt: number): AttemptRow | undefined {
    const { attempts } = row
    const last = attempts.at(-1)
    // Put aside in the middle of an attempt, it goes on with the same one.
    if (last && last.endedAt === undefined) return last
    if (attempt < 1) return undefined
    const made: AttemptRow = { startedAt, ...(this.#node === undefined ? {} : { node: this.#node }) }
    attempts.push(made)
    return made
  }

  #unreached(step: number, stepId: string): VisitRow {
    const row: VisitRow = { step, stepId, visit: 1, status: 'pending', attempts: [] }
    return this.#ended(row)
  }

  /** The item has ended: what has not, will not. */
  #ended(row: VisitRow): VisitRow {
    if (this.#endedAt === undefined || row.endedAt !== undefined) return row
    const status = row.startedAt === undefined ? 'skipped' : 'cancelled'
    return { ...row, status, endedAt: this.#endedAt, why: { kind: 'ended', text: 'the item ended' } }
  }

  #readyAt({ startedAt, endedAt, reused }: VisitRow, before: readonly number[]): number | undefined {
    const limit = startedAt ?? endedAt
    if (limit === undefined) return undefined
    let latest = reused ? this.#carriedSince : this.#since
    for (const step of before) {
      const last = this.#lastEnd(step, limit)
      if (last !== undefined && last > (latest ?? 0)) latest = last
    }
    return latest
  }

  /** A step that is visited again ends in the order of its visits, so the last one up to a time is found by halves. */
  #lastEnd(step: number, limit: number): number | undefined {
    const rows = this.#rows[step] as Map<number, VisitRow> // a map for each
    let [low, high] = [1, rows.size]
    let found: number | undefined
    while (low <= high) {
      const middle = (low + high) >> 1
      const at = rows.get(middle)?.endedAt
      if (at !== undefined && at <= limit) {
        found = at
        low = middle + 1
      } else high = middle - 1
    }
    return found
  }
}

function whySkipped({ reason, cause }: Outcome & { outcome: 'skipped' }, recovered: ErrorValue | undefined): Why {
  if (recovered) return { kind: 'step', text: `it failed, and is skipped for that: ${reason}` }
  return { kind: cause ? 'need' : 'condition', text: reason }
}
