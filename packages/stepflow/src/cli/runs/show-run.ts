// stepflow runs show: a run's state, the steps of one of its items, what it waits for, what came out.

import {
  FlowError,
  foldSteps,
  type ItemRow,
  isEnded,
  type JournalEntry,
  type StepState,
  type StepStates,
  type VisitRow,
} from '@stepflow/engine'
import { itemSummary, type RecordedRun, stepSummary, summaryOf } from '@stepflow/host/history'
import { countOption } from '../args.ts'
import { drawCriticalPath, drawLongTree, printable } from '../progress/draw-tree.ts'
import { watchWaits } from '../progress/watch-waits.ts'
import { pageOf } from '../run-line.ts'
import { goOn } from '../single-run.ts'
import { type Action, itemOption, jsonOption, type RunsContext, secretsOption } from './action.ts'
import { drawRuns } from './draw-runs.ts'
import { itemNumber } from './item-number.ts'

export const show: Action = {
  name: 'runs show',
  summary: 'show a run: its steps, what it waits for, its result',
  operands: 'ID',
  options: [
    {
      ...itemOption,
      does: 'show the steps and the result of this item of a batch, counted from 0',
      default: 'the first item that failed, else 0',
    },
    {
      name: 'limit',
      value: 'N',
      does: 'how many results of a batch to show; failed items come first',
      default: '10',
    },
    secretsOption,
    { ...jsonOption, does: 'print the run summary, the steps of the item, and results' },
  ],
  examples: [
    { does: 'its steps and its result', line: 'stepflow runs show ID' },
    { does: 'the third item of a batch', line: 'stepflow runs show ID --item 2' },
    {
      does: 'how often each step was tried',
      line: `stepflow runs show ID --json | jq '.steps[] | {stepId, attempts}'`,
    },
  ],
  async run(at) {
    const { command, args, io, operands } = at
    const recorded = await at.reader.open(operands[0] as string) // there as its operands say
    const { row } = recorded
    const item = itemNumber(command, args, row) ?? row.error?.item ?? 0
    const limit = row.items.total === 1 ? 1 : (countOption(command, args, 'limit') ?? 10)
    const results = await resultsOf(recorded, args.has('item') ? item : undefined, limit)
    if (args.has('json')) io.out(`${JSON.stringify(await asJson(recorded, item, results))}\n`)
    else await tell(at, recorded, await readItem(at, recorded, item), results, item)
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
  let entries: JournalEntry[]
  let rows: VisitRow[]
  try {
    entries = await recorded.entriesOf(item)
    rows = await recorded.visitsOf(item)
  } catch (thrown) {
    if (!FlowError.is(thrown)) throw thrown
    return { states: NOTHING, waits: [], damage: thrown.message }
  }
  states.see(entries)
  for (const row of rows) explain(states.steps[row.step], row)
  watcher.see(entries)
  watcher.name(row.id)
  return { states, waits }
}

/** Of a step that has not run: what its row says. That it waits for the steps above it, the tree says. */
function explain(state: StepState | undefined, { status, startedAt, recovered, why }: VisitRow): void {
  const isUntold = status === 'pending' ? why?.kind !== 'step' : status === 'skipped' && startedAt === undefined
  if (state && why && isUntold && !recovered) state.reason = why.text
}

/** To know what a condition read takes a replay for each. */
const MOST_LOOKED = 50

const NOTHING: StepStates = { steps: [], before: [] }

/** The item that is asked for; else those that failed, as far as there is room, else the first ones. */
async function resultsOf(recorded: RecordedRun, item: number | undefined, limit: number): Promise<ItemRow[]> {
  if (item !== undefined) return (await recorded.items(item, 1)).filter((one) => one.item === item)
  return recorded.row.items.failed === 0 ? recorded.items(0, limit) : recorded.failedItems(limit)
}

async function asJson(recorded: RecordedRun, item: number, results: readonly ItemRow[]) {
  const told = await stepsAsJson(recorded, item)
  const waiting = told.damage === undefined ? await recorded.waiting() : undefined
  return { ...summaryOf(recorded.row, waiting), itemIndex: item, ...told, results: results.map(itemSummary) }
}

async function stepsAsJson(recorded: RecordedRun, item: number) {
  try {
    const rows = await recorded.visitsOf(item)
    let looked = 0
    for (const row of rows) {
      if (row.why?.kind !== 'condition' || ++looked > MOST_LOOKED) continue
      const values = (await recorded.readsOf(item, row))?.values
      if (values && Object.keys(values).length > 0) row.why = { ...row.why, values }
    }
    return { steps: rows.map(stepSummary) }
  } catch (thrown) {
    if (!FlowError.is(thrown)) throw thrown
    return { steps: [], damage: thrown.message }
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
  const columns = io.terminal.out ? io.terminal.columns : Number.POSITIVE_INFINITY
  const holder = isEnded(row.status) ? undefined : await recorded.holder()
  const lines = drawRuns([{ row, isHeld: holder !== undefined }], { color, columns, now: Date.now() })
  if (row.origin) lines.push(originText(row.origin))
  if (row.items.total !== 1) lines.push(`item ${item}:`)
  lines.push(...drawLongTree(states, { now: Date.now(), color, columns }))
  if (isEnded(row.status)) lines.push(...[drawCriticalPath(states, color)].filter((line) => line !== undefined))
  for (const { item, outcome } of results) {
    lines.push(`${row.items.total === 1 ? '' : `${item}: `}${printable(JSON.stringify(outcome))}`)
  }
  const ended = row.items.success + row.items.skipped + row.items.failed + row.items.cancelled
  io.out(lines.map((line) => `${line}\n`).join(''))
  if (row.items.total !== 1 && results.length < ended && results.length > 1) {
    messages.hint(`${results.length} of ${ended} results; --limit N shows more, --item N shows one item`)
  }
  const page = await pageOf(at.store, row.id)
  if (page !== undefined) messages.hint(`its page: ${page}`)
  for (const text of waits) messages.hint(text)
  if (damage !== undefined) messages.problem(damage)
  if (isEnded(row.status)) return
  messages.hint(
    holder ? `${holder} drives it` : `no process drives it now. To continue it:\n  ${goOn(row.id, storeWords)}`,
  )
}

function originText({ runId, from, failed }: NonNullable<RecordedRun['row']['origin']>): string {
  const start = from === undefined ? '' : ` from ${from}`
  return `a rerun of ${runId}${failed ? ' from what failed' : start}`
}
