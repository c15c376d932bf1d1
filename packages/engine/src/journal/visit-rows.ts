// What a journal says of the steps of one item, a row for each visit, with the tries of each: for programs that read it. A fold
// over entries. Pure, and without values; a picture of the steps is step-states.ts.

import type { ErrorValue } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { nearestBefore, stepsBefore } from '../plan/steps-before.ts'
import type { Outcome } from '../run/outcome.ts'
import { ElementEnds } from './element-ends.ts'
import { type JournalEntry, saysEndOf, visitPath } from './events.ts'
import { CUT_OFF, type Decider, WAITS_FOR_PLACE, type Why, whyNeverReached, whyParked, whySkipped } from './why.ts'

export interface VisitRow {
  readonly step: number
  readonly stepId: string
  readonly visit: number
  /** Of a row inside a step: of which element, from 0. */
  readonly element?: number
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
  /** When it did nothing: put aside for a signal, a time or its turn. The last has no end while that goes on. */
  waits?: { readonly from: number; to?: number }[]
  readonly node?: string
}

export interface VisitFold {
  see(entries: readonly JournalEntry[]): void
  /** In the order of the plan, and of the visits; a step that nothing has reached has one row. */
  rows(): VisitRow[]
}

/** The visits of one item, before anything happened. */
export function foldVisits(plan: Plan, item = 0): VisitFold {
  const visits = new Visits(plan, () => node)
  let node: string | undefined
  return {
    see(entries) {
      for (const entry of entries) {
        if (entry.type === 'claimed') node = entry.node
        else if (entry.type === 'finished') {
          if (saysEndOf(entry, item)) visits.end(entry.at, entry.outcome)
        } else if (entry.type === 'closed') visits.takeInside(entry, entry.sub, item)
        else if (isOfVisit(entry)) {
          if (entry.sub !== undefined) visits.takeInside(entry, entry.sub, item)
          else if (entry.item === item) visits.take(entry)
        }
      }
    },
    rows: () => visits.rows(),
  }
}

/**
 * The visits inside a step, by the key that its row has (`inside`), with the number of the element that each belongs to. `plan`:
 * that of the runs inside; where nobody knows it, steps are called by their numbers. Elements that have not begun have no rows.
 */
export function foldInside(plan: Plan | undefined, inside: string): VisitFold {
  const elements = new Map<number, Visits>()
  let node: string | undefined
  const elementOf = (item: number) => {
    const known = elements.get(item)
    if (known) return known
    const made = new Visits(plan, () => node, item)
    elements.set(item, made)
    return made
  }
  return {
    see(entries) {
      for (const entry of entries) {
        if (entry.type === 'claimed') node = entry.node
        else if (entry.type === 'closed') {
          const place = placeInside(entry.sub, inside, entry.item)
          if (place?.isDeeper) elementOf(place.element).takeInside(entry, entry.sub.slice(place.from), place.item)
          else if (place) elementOf(place.element).end(entry.at, entry)
        } else if (isOfVisit(entry) && entry.sub !== undefined) {
          const place = placeInside(entry.sub, inside, entry.item)
          if (place?.isDeeper) elementOf(place.element).takeInside(entry, entry.sub.slice(place.from), place.item)
          else if (place) elementOf(place.element).take(entry)
        }
        // With the step around it, all that is inside has ended.
        const isEnd = entry.type === 'settled' && visitPath(entry) === inside
        if (isEnd || (entry.type === 'finished' && saysEndOf(entry, Number.parseInt(inside, 10)))) {
          for (const element of elements.values()) element.end(entry.at, entry.outcome)
        }
      }
    },
    rows: () => [...elements].sort(([a], [b]) => a - b).flatMap(([, visits]) => visits.rows()),
  }
}

// ---

/** How an item or element ended. */
interface ElementEnd {
  readonly outcome: Outcome['outcome']
  readonly error?: ErrorValue
}

/** By the step that was never reached. */
type Deciders = ReadonlyMap<number, Decider>
const NOBODY: Deciders = new Map()

type Closed = JournalEntry & { type: 'closed' }
type OfVisit = JournalEntry & { type: 'started' | 'parked' | 'opened' | 'settled' }

function isOfVisit(entry: JournalEntry): entry is OfVisit {
  return entry.type === 'started' || entry.type === 'parked' || entry.type === 'opened' || entry.type === 'settled'
}

interface PlaceInside {
  readonly element: number
  /** It is inside a step of the element: the rest of its key begins there, with the item. */
  readonly isDeeper: boolean
  readonly from: number
  readonly item: number
}

/** Where a run's key leads to from the step that `inside` names. A step that runs one plan after the other counts them: `.2`. */
function placeInside(sub: string, inside: string, item: number): PlaceInside | undefined {
  if (!sub.startsWith(inside)) return undefined
  const match = /^(?:\.(\d+))?(?:\/(\d+))?/.exec(sub.slice(inside.length))
  if (!match || (match[0] === '' && sub.length > inside.length)) return undefined
  const [counted, count = '1', deeper] = match
  const isDeeper = deeper !== undefined
  const own = isDeeper ? Number(deeper) : item
  const from = inside.length + counted.length - (deeper?.length ?? 0)
  return { element: own + Number(count) - 1, isDeeper, from, item: own }
}

/** Of one item, or of one element of what runs inside a step. */
class Visits {
  readonly #plan: Plan | undefined
  readonly #node: () => string | undefined
  readonly #element: number | undefined
  /** By step, then by visit. */
  readonly #rows: Map<number, VisitRow>[]
  readonly #elements = new Map<VisitRow, ElementEnds>()
  /** When the item was first heard of. */
  #since: number | undefined
  /** In the run that this one repeats. */
  #carriedSince: number | undefined
  #end: (ElementEnd & { readonly at: number }) | undefined

  constructor(plan: Plan | undefined, node: () => string | undefined, element?: number) {
    this.#plan = plan
    this.#node = node
    this.#element = element
    this.#rows = plan?.steps.map(() => new Map()) ?? []
  }

  /** What has not ended, will not. */
  end(at: number, how: ElementEnd): void {
    this.#end ??= { at, outcome: how.outcome, ...(how.error ? { error: how.error } : {}) }
  }

  rows(): VisitRow[] {
    const before = this.#before()
    const decided = this.#end ? this.#decided() : NOBODY
    const rows: VisitRow[] = []
    for (const [step, visits] of this.#rows.entries()) {
      const { id, hidden } = this.#plan?.steps[step] ?? { id: String(step), hidden: false }
      if (hidden || !visits) continue
      if (visits.size === 0) rows.push(this.#ended(this.#newRow(step, id, 1), decided))
      for (const row of visits.values()) {
        const readyAt = this.#readyAt(row, before[step] ?? [])
        const shown = this.#ended(row, decided)
        rows.push(readyAt === undefined ? shown : { ...shown, readyAt })
      }
    }
    return rows
  }

  take(entry: OfVisit): void {
    // What is taken over from another run has the times of that one.
    if (entry.type === 'settled' && entry.carried) this.#carriedSince ??= entry.at
    else this.#since ??= entry.at
    const row = this.#row(entry.step, entry.visit)
    if (!row) return
    switch (entry.type) {
      case 'started':
        return entry.queued ? queue(row) : this.#start(row, entry)
      case 'opened':
        if (row.startedAt === undefined) this.#start(row, entry)
        row.inside = visitPath(entry)
        return this.#count(row, ElementEnds.opened(entry, this.#elements.get(row)))
      case 'parked':
        return this.#park(row, entry)
      case 'settled':
        return this.#settle(row, entry)
    }
  }

  /** `key`: `item/step/visit` of the step that it is inside of, and of those deeper. */
  takeInside(entry: OfVisit | Closed, key: string, item: number): void {
    const [root, step, visit, ...deeper] = key.split('/')
    if (Number(root) !== item) return
    const row = this.#row(Number(step), Number.parseInt(visit as string, 10)) // `.2` behind it counts the runs of one visit
    const elements = row && this.#elements.get(row)
    if (!elements || deeper.length > 0 || (entry.type !== 'settled' && entry.type !== 'closed')) return
    elements.see(entry)
    this.#count(row, elements)
  }

  #count(row: VisitRow, elements: ElementEnds): void {
    this.#elements.set(row, elements)
    row.done = elements.ended
    row.total = elements.total
  }

  #row(step: number, visit: number): VisitRow | undefined {
    const { id, hidden } = this.#plan ? (this.#plan.steps[step] ?? { hidden: true }) : { id: String(step) }
    if (hidden || id === undefined) return undefined
    let visits = this.#rows[step]
    if (!visits) {
      visits = new Map()
      this.#rows[step] = visits
    }
    const known = visits.get(visit)
    if (known) return known
    const row: VisitRow = this.#newRow(step, id, visit)
    visits.set(visit, row)
    return row
  }

  #newRow(step: number, stepId: string, visit: number): VisitRow {
    const row: VisitRow = { step, stepId, visit, status: 'pending', attempts: [] }
    return this.#element === undefined ? row : { ...row, element: this.#element }
  }

  #start(row: VisitRow, { at, attempt }: OfVisit): void {
    row.status = 'running'
    row.startedAt ??= at
    delete row.why
    const tried = this.#attempt(row, attempt, at)
    if (tried) goOn(tried, at)
  }

  #park(row: VisitRow, entry: OfVisit & { type: 'parked' }): void {
    const { at, attempt, retry, error, signal, until, turn } = entry
    row.status = 'waiting'
    row.startedAt ??= at
    const tried = this.#attempt(row, attempt, at)
    if (tried && retry) {
      tried.endedAt = at
      if (error) tried.error = error
      // Of what waits for the steps inside it, these run meanwhile.
    } else if (tried && (signal !== undefined || until !== undefined || turn !== undefined)) {
      goOn(tried, at)
      tried.waits ??= []
      tried.waits.push({ from: at })
    }
    row.why = whyParked(entry)
  }

  #settle(row: VisitRow, entry: OfVisit & { type: 'settled' }): void {
    const { outcome, at, attempt, carried, cached, recovered } = entry
    row.endedAt = at
    delete row.why
    if (carried) row.reused = true
    if (cached) row.cached = true
    if (recovered) row.recovered = recovered
    const isSkipped = outcome.outcome === 'skipped'
    if (isSkipped) row.why = this.#whySkipped(entry, outcome)
    // What is skipped before it was tried has no attempt.
    const tried = this.#attempt(row, isSkipped ? attempt : Math.max(1, attempt), row.startedAt ?? at)
    if (tried || !isSkipped) row.startedAt ??= at
    const isFailed = outcome.outcome === 'failed'
    row.status = !isFailed ? outcome.outcome : outcome.error.code === 'CANCELLED' ? 'cancelled' : 'failed'
    if (!tried) return
    tried.endedAt = at
    goOn(tried, at)
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
    const node = this.#node()
    const made: AttemptRow = { startedAt, ...(node === undefined ? {} : { node }) }
    attempts.push(made)
    return made
  }

  /** The item has ended: what has not, will not. */
  #ended(row: VisitRow, decided: Deciders): VisitRow {
    if (this.#end === undefined || row.endedAt !== undefined) return row
    const { at, ...how } = this.#end
    // What did not depend on the failure went on to its end.
    const isDrained = this.#plan?.onFailure === 'drain' && how.error?.step !== undefined
    const end: ElementEnd = isDrained ? { outcome: 'success' } : how
    if (row.startedAt !== undefined) return { ...row, status: 'cancelled', endedAt: at, why: CUT_OFF }
    return { ...row, status: 'skipped', endedAt: at, why: whyNeverReached(end, decided.get(row.step)) }
  }

  #whySkipped(entry: OfVisit & { type: 'settled' }, outcome: Outcome & { outcome: 'skipped' }): Why {
    const before = this.#before()[entry.step] ?? []
    const ids = before.map((step) => this.#plan?.steps[step]?.id ?? String(step))
    const why = whySkipped(this.#plan, { ...entry, outcome }, ids)
    if (why.kind !== 'need') return why
    const at = before.findIndex((step) => {
      const status = this.#last(step)?.status
      return status === 'failed' || status === 'skipped' || status === 'cancelled'
    })
    return at < 0 ? why : { ...why, step: ids[at] as string }
  }

  /** Of each step that was never reached: the nearest one before it from which ways lead on. */
  #decided(): Deciders {
    const { steps } = this.#plan ?? { steps: [] }
    const hasEnded = (step: number) => !steps[step]?.hidden && this.#last(step)?.endedAt !== undefined
    const decided = new Map<number, Decider>()
    for (const [step, from] of nearestBefore(steps, hasEnded)) {
      const { stepId: id, status } = this.#last(from) as VisitRow // it has ended
      decided.set(step, { id, isFailed: status === 'failed' || status === 'cancelled' })
    }
    return decided
  }

  #last(step: number): VisitRow | undefined {
    const rows = this.#rows[step]
    return rows?.get(rows.size)
  }

  #before(): readonly (readonly number[])[] {
    return this.#plan ? stepsBefore(this.#plan) : []
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
    const rows = this.#rows[step] as Map<number, VisitRow> // a plan's steps have each one
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

/** It was handed to its plugin, which has not begun with it. */
function queue(row: VisitRow): void {
  row.status = 'pending'
  row.why = WAITS_FOR_PLACE
  if (row.attempts.at(-1)?.endedAt === undefined) row.attempts.pop()
  if (row.attempts.length === 0) delete row.startedAt
}

/** Whatever it waited for is there. */
function goOn({ waits }: AttemptRow, at: number): void {
  const last = waits?.at(-1)
  if (last && last.to === undefined) last.to = at
}
