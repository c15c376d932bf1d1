// stepflow runs show: a run's state, the steps of one of its items, what it waits for, what came out.

import { FlowError, foldSteps, type ItemRow, isEnded, type StepStates } from '@stepflow/engine'
import type { RecordedRun } from '@stepflow/host/history'
import { countOption } from '../args.ts'
import { drawCriticalPath, drawTree, printable } from '../progress/draw-tree.ts'
import { watchWaits } from '../progress/watch-waits.ts'
import { goOn } from '../single-run.ts'
import type { Action, RunsContext } from './action.ts'
import { itemOption } from './item-option.ts'
import { summaryJson, summaryLine } from './summary.ts'

export const show: Action = {
  operands: 'ID',
  options: ['item', 'limit', 'json', 'secrets'],
  async run(at) {
    const { args, io, operands } = at
    const recorded = await at.reader.open(operands[0] as string) // there as its operands say
    const { row } = recorded
    const item = itemOption(args, row) ?? 0
    const told = await readItem(at, recorded, item)
    const limit = row.items.total === 1 ? 1 : (countOption({ name: 'runs' }, args, 'limit') ?? 10)
    const results = await resultsOf(recorded, args.has('item') ? item : undefined, limit)
    if (args.has('json')) io.out(`${JSON.stringify(asJson(recorded, told, results))}\n`)
    else await tell(at, recorded, told, results, item)
    return 0
  },
}

// ---

interface Told {
  readonly states: StepStates
  readonly waits: readonly string[]
  /** What kept the journal from being read to its end. */
  readonly damage?: string
}

/** What the journal says of an item's steps, folded. Damage does not keep from being told what came out: that is kept apart. */
async function readItem({ storeWords }: RunsContext, recorded: RecordedRun, item: number): Promise<Told> {
  const { plan, row, damage = 'its journal is damaged' } = recorded
  if (!plan) return { states: NOTHING, waits: [], damage }
  const states = foldSteps(plan, item)
  const waits: string[] = []
  const watcher = watchWaits(plan, (text) => waits.push(text), storeWords)
  try {
    const entries = await recorded.entriesOf(item)
    states.see(entries)
    watcher.see(entries)
  } catch (thrown) {
    if (!FlowError.is(thrown)) throw thrown
    return { states: NOTHING, waits: [], damage: thrown.message }
  }
  watcher.name(row.id)
  return { states, waits }
}

const NOTHING: StepStates = { steps: [], before: [] }

/** The item that is asked for; else those that failed, as far as there is room, else the first ones. */
async function resultsOf(recorded: RecordedRun, item: number | undefined, limit: number): Promise<ItemRow[]> {
  if (item !== undefined) return (await recorded.items(item, 1)).filter((one) => one.item === item)
  return recorded.row.items.failed === 0 ? recorded.items(0, limit) : recorded.failedItems(limit)
}

function asJson({ row }: RecordedRun, { states, damage }: Told, results: readonly ItemRow[]) {
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
    steps,
    results: results.map(({ item, outcome }) => ({ index: item, ...outcome })),
    ...(damage === undefined ? {} : { damage }),
  }
}

async function tell(
  at: RunsContext,
  recorded: RecordedRun,
  { states, waits, damage }: Told,
  results: readonly ItemRow[],
  item: number,
) {
  const { io, messages, storeWords } = at
  const { row } = recorded
  const color = io.terminal.color.out
  const lines = [summaryLine(row, row.id.length, color)]
  if (row.origin) lines.push(`a rerun of ${row.origin.runId}${row.origin.from ? ` from ${row.origin.from}` : ''}`)
  if (row.items.total !== 1) lines.push(`item ${item}:`)
  lines.push(
    ...drawTree(states, {
      now: Date.now(),
      color,
      columns: io.terminal.out ? io.terminal.columns : Number.POSITIVE_INFINITY,
      rows: Number.POSITIVE_INFINITY,
      errors: 'whole',
    }),
  )
  if (isEnded(row.status)) lines.push(...[drawCriticalPath(states, color)].filter((line) => line !== undefined))
  for (const { item, outcome } of results) {
    lines.push(`${row.items.total === 1 ? '' : `${item}: `}${printable(JSON.stringify(outcome))}`)
  }
  io.out(lines.map((line) => `${line}\n`).join(''))
  for (const text of waits) messages.hint(text)
  if (damage !== undefined) messages.problem(damage)
  if (isEnded(row.status)) return
  const holder = await recorded.holder()
  messages.hint(
    holder ? `${holder} drives it` : `nobody drives it now. To go on with it:\n  ${goOn(row.id, storeWords)}`,
  )
}
