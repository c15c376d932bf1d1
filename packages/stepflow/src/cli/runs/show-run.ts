// stepflow runs show: a run's state, the steps of one of its items, what it waits for, what came out. Secrets are taken out.

import { FlowError, type ItemRow, isEnded, type JournalEntry, type Outcome, type RunRow } from '@stepflow/engine'
import { countOption } from '../args.ts'
import { findRun } from '../find-run.ts'
import { drawCriticalPath, drawTree, printable } from '../progress/draw-tree.ts'
import { createStepStates, type StepStates } from '../progress/step-states.ts'
import { watchWaits } from '../progress/watch-waits.ts'
import { goOn } from '../single-run.ts'
import type { Action, RunsContext } from './action.ts'
import { itemOption } from './item-option.ts'
import { type Created, type RunRedactor, readCreated, redactorOf } from './read-run.ts'
import { summaryJson, summaryLine } from './summary.ts'

export const show: Action = {
  operands: 'ID',
  options: ['item', 'limit', 'json', 'secrets'],
  async run(at) {
    const { args, io, store, operands } = at
    const row = await findRun(store, operands[0] as string) // there as its operands say
    const item = itemOption(args, row) ?? 0
    const { told, redactor } = await read(at, row, item)
    const limit = row.items.total === 1 ? 1 : (countOption({ name: 'runs' }, args, 'limit') ?? 10)
    const results = await resultsOf(at, row, args.has('item') ? item : undefined, limit)
    if (args.has('json')) io.out(`${JSON.stringify(asJson(row, told, redactor, results))}\n`)
    else await tell(at, row, told, redactor, results, item)
    return 0
  },
}

// ---

const CANCELLED: Outcome = { outcome: 'failed', error: { code: 'CANCELLED', message: 'the run was cancelled' } }

interface Told {
  readonly states: StepStates
  readonly waits: readonly string[]
  /** What kept the journal from being read to its end. */
  readonly damage?: string
}

/** A journal that is damaged does not keep from being told what came out: that is kept apart. */
async function read(at: RunsContext, row: RunRow, item: number): Promise<{ told: Told; redactor: RunRedactor }> {
  const { args, io, store } = at
  try {
    const created = await readCreated(store, row.id)
    const redactor = await redactorOf(created, args, io)
    return { told: await readItem(at, row, created, redactor, item), redactor }
  } catch (thrown) {
    if (!FlowError.is(thrown) || thrown.code === 'INVALID_INPUT') throw thrown
    const states: StepStates = { steps: [], before: [], see() {} }
    return { told: { states, waits: [], damage: thrown.message }, redactor: await redactorOf(undefined, args, io) }
  }
}

/** What the journal says of an item's steps, folded. */
async function readItem(
  at: RunsContext,
  row: RunRow,
  created: Created,
  redactor: RunRedactor,
  item: number,
): Promise<Told> {
  const { store, storeWords } = at
  const states = createStepStates(created.plan)
  const waits: string[] = []
  const watcher = watchWaits(created.plan, (text) => waits.push(text), storeWords)
  const see = (entries: readonly JournalEntry[]) => {
    const own = entries.filter((entry) => itemOf(entry) === item)
    states.see(own)
    watcher.see(own)
  }
  let from = 0
  for (const { journal, items } of await store.runs.shards(created.run)) {
    const place = item - from
    from += items
    if (place < 0 || place >= items) continue
    const rows = await store.read(journal)
    const [first] = rows[0]?.entries ?? []
    if (first?.type === 'created') redactor.sees([first.inputs[place]])
    for (const { entries } of rows) see(entries)
  }
  // Nobody drove it when it was cancelled, so nobody wrote how its items ended.
  if (isEnded(row.status)) see([{ type: 'finished', at: row.endedAt ?? row.createdAt, item, outcome: CANCELLED }])
  watcher.name(created.run)
  return { states, waits }
}

function itemOf(entry: JournalEntry): number | undefined {
  if (!('item' in entry) || entry.type === 'signalled') return undefined
  const { sub } = entry as { sub?: string }
  return sub === undefined ? entry.item : Number.parseInt(sub, 10)
}

/** The item that is asked for; else those that failed, as far as there is room, else the first ones. */
async function resultsOf(at: RunsContext, row: RunRow, item: number | undefined, limit: number): Promise<ItemRow[]> {
  const { runs } = at.store
  if (item !== undefined) return (await runs.items(row.id, item, 1)).filter((one) => one.item === item)
  if (row.items.failed === 0) return [...(await runs.items(row.id, 0, limit))]
  const failed: ItemRow[] = []
  for (let from = 0; failed.length < limit; ) {
    const page = await runs.items(row.id, from, 1000)
    const last = page.at(-1)
    if (!last) break
    failed.push(...page.filter(({ outcome }) => outcome.outcome === 'failed'))
    from = last.item + 1
  }
  return failed.slice(0, limit)
}

function asJson(row: RunRow, { states, damage }: Told, redactor: RunRedactor, results: readonly ItemRow[]) {
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())
  const steps = states.steps.flatMap((step) => {
    if (!step) return []
    const { id, status, startedAt, endedAt, attempts, visits, reason, error, inside } = step
    const ended = endedAt === undefined || startedAt === undefined ? null : endedAt - startedAt
    return {
      id,
      status,
      attempts,
      visits,
      startedAt: time(startedAt),
      endedAt: time(endedAt),
      durationMs: ended,
      ...(reason === undefined ? {} : { reason }),
      ...(error === undefined ? {} : { error }),
      ...(inside === 0 ? {} : { inside }),
    }
  })
  return {
    ...summaryJson(row),
    steps: redactor.value(steps),
    results: redactor.value(results.map(({ item, outcome }) => ({ index: item, ...outcome }))),
    ...(damage === undefined ? {} : { damage }),
  }
}

async function tell(
  at: RunsContext,
  row: RunRow,
  { states, waits, damage }: Told,
  redactor: RunRedactor,
  results: readonly ItemRow[],
  item: number,
) {
  const { io, messages, store, storeWords } = at
  const color = io.terminal.color.out
  const lines = [summaryLine(row, row.id.length, color)]
  if (row.origin) lines.push(`a rerun of ${row.origin.runId}${row.origin.from ? ` from ${row.origin.from}` : ''}`)
  if (row.items.total !== 1) lines.push(`item ${item}:`)
  const shown = { ...states, steps: redactor.value(states.steps) }
  lines.push(
    ...drawTree(shown, { now: Date.now(), color, columns: io.terminal.columns, rows: Number.POSITIVE_INFINITY }),
  )
  if (isEnded(row.status)) lines.push(...[drawCriticalPath(states, color)].filter((line) => line !== undefined))
  for (const { item, outcome } of results) {
    lines.push(`${row.items.total === 1 ? '' : `${item}: `}${printable(JSON.stringify(redactor.value(outcome)))}`)
  }
  io.out(lines.map((line) => `${line}\n`).join(''))
  for (const text of waits) messages.hint(text)
  if (damage !== undefined) messages.problem(damage)
  if (isEnded(row.status)) return
  const holder = (await store.runs.open(row.id)).find(({ heldBy }) => heldBy)?.heldBy
  messages.hint(
    holder ? `${holder} drives it` : `nobody drives it now. To go on with it:\n  ${goOn(row.id, storeWords)}`,
  )
}
