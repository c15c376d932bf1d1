// stepflow runs show: a run's state, the steps of one of its items, what it waits for, what came out. Read from a store here, or
// from a server (show-at-server.ts), and drawn by the same.

import {
  FlowError,
  foldSteps,
  type ItemRow,
  isEnded,
  type JournalEntry,
  type StepStates,
  stepSummary,
  type VisitRow,
} from '@stepflow/engine'
import { type ItemSummary, itemSummary, type RecordedRun, summaryOf } from '@stepflow/host/history'
import { countOption } from '../args.ts'
import { watchWaits } from '../progress/watch-waits.ts'
import { openOption, openPage, pageOf } from '../run-line.ts'
import { goOn } from '../single-run.ts'
import { type Action, itemOption, jsonOption, type RunsContext, secretsOption } from './action.ts'
import { itemNumber } from './item-number.ts'
import { explain, printLook } from './print-look.ts'
import { showAtServer } from './show-at-server.ts'

export const show: Action = {
  name: 'runs show',
  summary: 'show a run: its steps, what it waits for, its result',
  operands: 'ID',
  takesEngine: true,
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
    openOption,
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
    const { command, args, io, messages, operands } = at
    const recorded = await at.reader.open(operands[0] as string) // there as its operands say
    const { row } = recorded
    const item = itemNumber(command, args, row) ?? row.error?.item ?? 0
    const limit = row.items.total === 1 ? 1 : (countOption(command, args, 'limit') ?? 10)
    const results = (await resultsOf(recorded, args.has('item') ? item : undefined, limit)).map(itemSummary)
    const page = await pageOf(at.store, row.id)
    if (args.has('open')) await openPage(page, io, messages)
    if (args.has('json')) {
      io.out(`${JSON.stringify(await asJson(recorded, item, results))}\n`)
      return 0
    }
    const holder = isEnded(row.status) ? undefined : await recorded.holder()
    printLook(
      {
        run: { row, isHeld: holder !== undefined },
        item,
        ...(await readItem(at, recorded, item)),
        results,
        page,
        driver: holder
          ? `${holder} drives it`
          : `no process drives it now. To continue it:\n  ${goOn(row.id, at.storeWords)}`,
      },
      io,
      messages,
    )
    return 0
  },
  remote: showAtServer,
}

// ---

interface ReadItem {
  readonly states: StepStates
  readonly waits: readonly string[]
  /** What kept the journal from being read to its end. */
  readonly damage?: string
}

/** What the journal says of an item's steps, folded. Damage does not keep from being told what came out: that is kept apart. */
async function readItem({ storeWords }: RunsContext, recorded: RecordedRun, item: number): Promise<ReadItem> {
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
  explain(states, rows)
  watcher.see(entries)
  watcher.name(row.id)
  return { states, waits }
}

/** To know what a condition read takes a replay for each. */
const MOST_LOOKED = 50

const NOTHING: StepStates = { steps: [], before: [] }

/** The item that is asked for; else those that failed, as far as there is room, else the first ones. */
async function resultsOf(recorded: RecordedRun, item: number | undefined, limit: number): Promise<ItemRow[]> {
  if (item !== undefined) return (await recorded.items(item, 1)).filter((one) => one.item === item)
  return recorded.row.items.failed === 0 ? recorded.items(0, limit) : recorded.failedItems(limit)
}

async function asJson(recorded: RecordedRun, item: number, results: readonly ItemSummary[]) {
  const told = await stepsAsJson(recorded, item)
  const waiting = told.damage === undefined ? await recorded.waiting() : undefined
  return { ...summaryOf(recorded.row, waiting), itemIndex: item, ...told, results }
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
