// One item of a recorded run: its journal is read once, whatever is asked of it. What it answers is redacted.

import {
  bareId,
  FlowError,
  foldInside,
  foldVisits,
  isEnded,
  type JournalEntry,
  type JournalRow,
  type Outcome,
  own,
  type Past,
  type Plan,
  type Redactor,
  RefusedInput,
  type RunRow,
  redactEntry,
  type VisitReads,
  type VisitRow,
  visitOfPath,
  type Why,
} from '@stepflow/engine'
import { hideSecrets } from '@stepflow/schema'
import { concerns } from './item-entries.ts'
import type { Created } from './read-created.ts'
import { redactPlan } from './redact-plan.ts'
import { firstWait, placeReasons } from './run-why.ts'
import { decidedBy, outcomeOf, placedError, type VisitDetail, visitAmong, type WhichVisit } from './visit-detail.ts'
import { planGiven, planInside, planOpened, readsOf, standingIn } from './visit-reads.ts'
import { explainPending, waitsToBegin } from './why-pending.ts'

/** What an item has of its run. */
export interface RunOfItem {
  readonly row: RunRow
  readonly plan: Plan | undefined
  readonly damage: string | undefined
  readonly options: Created['options']
  /** Why nothing of the run begins that could; undefined: it does. */
  held(): Promise<Why | undefined>
  /** What a blob holds, as it is; undefined if there is none. */
  blob(id: string): Promise<unknown>
}

export interface ItemPast {
  readonly item: number
  /** As they are recorded: see `entriesOf`. */
  readonly entries: readonly JournalEntry[]
  /** As it is; undefined if there is no such item. */
  readonly input: unknown
  /** Takes out what is secret in the run, and in the item. */
  readonly redactor: Redactor
}

export type VisitPlace = Pick<VisitRow, 'step' | 'visit' | 'element'>

export class RecordedItem {
  readonly #run: RunOfItem
  readonly #past: ItemPast

  constructor(run: RunOfItem, past: ItemPast) {
    this.#run = run
    this.#past = past
  }

  entries(): JournalEntry[] {
    const { entries, redactor } = this.#past
    return entries.map((entry) => redactEntry(entry, redactor))
  }

  /** Any value, without what is secret here. */
  redacted(value: unknown): unknown {
    return this.#past.redactor.value(value)
  }

  /** Throws NOT_FOUND if there is no such item. */
  input(): unknown {
    const { item, input, redactor } = this.#past
    const { row, plan } = this.#run
    const schema = plan?.schemas?.input
    if (input === undefined) throw new FlowError('NOT_FOUND', `run ${row.id} has no item ${item}`)
    if (input instanceof RefusedInput) return null
    return redactor.value(schema === undefined ? input : hideSecrets(schema, input))
  }

  async visits(inside?: string): Promise<VisitRow[]> {
    const { item } = this.#past
    const plan = await this.#planOf(inside)
    const visits = inside === undefined ? foldVisits(wholePlan(this.#run), item) : foldInside(plan, inside)
    visits.see(this.entries())
    const rows = visits.rows()
    if (!plan) return rows
    await explainPending(rows, {
      plan,
      standing: (element = item) => standingIn(this.#record(), { item: element, ...(inside ? { sub: inside } : {}) }),
      held: () => this.#held(),
    })
    placeReasons(rows, plan)
    return rows
  }

  /** Throws NOT_FOUND if there is none. */
  async visit(which: WhichVisit, inside?: string): Promise<VisitDetail> {
    const rows = await this.visits(inside)
    const row = visitAmong(rows, which)
    if (!row) {
      const place = `item ${this.#past.item} of run ${this.#run.row.id}`
      throw new FlowError('NOT_FOUND', `${place} has no such visit of "${which.stepId}"`)
    }
    const reads = await this.reads(row, inside)
    const plan = await this.#planOf(inside)
    const entries = this.entries()
    const outcome = outcomeOf(entries, row, inside)
    const values = decidedBy(row, { rows, plan, reads, entries, inside })
    if (row.why && values && Object.keys(values).length > 0) row.why = { ...row.why, values }
    return {
      row,
      ...(reads && 'input' in reads ? { input: reads.input } : {}),
      ...(outcome?.outcome === 'success' ? { output: outcome.result } : {}),
      ...(outcome?.outcome === 'failed' ? { error: placedError(outcome.error, plan, row.step) } : {}),
    } as VisitDetail // no field of it is undefined
  }

  /** Of what runs inside a step, for whoever draws it; undefined if nobody knows it. */
  async planInside(inside: string): Promise<Plan | undefined> {
    const plan = await this.#planOf(inside)
    return plan && redactPlan(plan, this.#past.redactor)
  }

  async reads({ step, visit, element = 0 }: VisitPlace, inside?: string): Promise<VisitReads | undefined> {
    const { item, redactor } = this.#past
    const place = inside === undefined ? { item, step, visit } : { sub: inside, item: element, step, visit }
    const reads = await readsOf(this.#record(), place)
    if (reads !== undefined || inside === undefined) return redactor.value(reads)
    const within = await this.#within(inside, element)
    return within && redactor.value(await readsOf(within, { item: element, step, visit }))
  }

  /** What it waits for; undefined if it moves. */
  async waitsFor(): Promise<Why | undefined> {
    const why = this.#isBegun ? await firstWait(await this.visits(), (inside) => this.visits(inside)) : undefined
    return why ?? this.#held()
  }

  async #held(): Promise<Why | undefined> {
    const held = await this.#run.held()
    return held || this.#isBegun ? held : waitsToBegin(this.#run.options?.maxConcurrent)
  }

  get #isBegun(): boolean {
    return this.#past.entries.some(({ type }) => type !== 'claimed')
  }

  /** As it is. */
  #record(): Omit<Past, 'shown'> {
    const { item, input, entries } = this.#past
    const { row, options } = this.#run
    return { plan: wholePlan(this.#run), run: row.id, item, input, variables: options?.variables ?? {}, entries }
  }

  /** One element inside a step whose plan a component made, as if it were an item of its own. */
  async #within(inside: string, element: number): Promise<Omit<Past, 'shown'> | undefined> {
    const plan = await this.#planOf(inside)
    const { sub, item: around, step, visit } = visitOfPath(inside)
    const given = (await this.reads({ step, visit, element: around }, sub))?.input
    if (!plan) return undefined
    const items = own(given, 'items')
    const input = Array.isArray(items) ? items[element] : (own(given, 'input') ?? own(given, 'initial_input') ?? {})
    const entries = this.#past.entries.flatMap((entry): JournalEntry[] => {
      if (!('sub' in entry) || entry.sub === undefined || entry.type === 'closed') return []
      if (entry.sub === inside) return [{ ...entry, sub: undefined } as unknown as JournalEntry] // as of an item
      return entry.sub.startsWith(`${inside}/`) ? [{ ...entry, sub: entry.sub.slice(inside.length + 1) }] : []
    })
    const { row, options } = this.#run
    return { plan, run: row.id, item: element, input, variables: options?.variables ?? {}, entries }
  }

  /** Of the item, or inside one of its steps: undefined if nobody knows it. */
  async #planOf(inside: string | undefined): Promise<Plan | undefined> {
    if (inside === undefined) return wholePlan(this.#run)
    const { sub, item: element, step, visit } = visitOfPath(inside)
    const opened = planOpened(this.#past.entries, inside)
    if (opened) return opened
    const known = planInside(await this.#planOf(sub), inside)
    if (known) return known
    // A component made it of what it was given.
    const given = (await this.reads({ step, visit, element }, sub))?.input
    return planGiven(given, (id) => this.#run.blob(bareId(id)))
  }
}

/** What concerns an item, in order. */
export function entriesOf(rows: readonly JournalRow[], item: number, { status, endedAt, createdAt }: RunRow) {
  const entries: JournalEntry[] = []
  for (const row of rows) for (const entry of row.entries) if (concerns(entry, item)) entries.push(entry)
  // Nobody drove it when it was cancelled, so nobody wrote how its items ended.
  const isTold = entries.some((entry) => entry.type === 'finished')
  if (isEnded(status) && !isTold) entries.push({ type: 'finished', at: endedAt ?? createdAt, item, outcome: CANCELLED })
  return entries
}

/** Throws if the journal is damaged. */
export function wholePlan({ plan, damage }: Pick<RunOfItem, 'plan' | 'damage'>): Plan {
  if (plan) return plan
  throw new FlowError('RESOURCE_UNAVAILABLE', damage ?? 'its journal is damaged')
}

// ---

const CANCELLED: Outcome = { outcome: 'failed', error: { code: 'CANCELLED', message: 'the run was cancelled' } }
