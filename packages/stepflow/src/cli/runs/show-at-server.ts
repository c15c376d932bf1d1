// stepflow runs show --url: the same look at a run, read from a server.

import type { ItemList, Run, Step, StepflowClient, StepList } from '@stepflow/api/client'
import { FlowError, foldSteps, isEnded, isRecord, type JournalEntry, type Outcome } from '@stepflow/engine'
import type { ItemSummary } from '@stepflow/host/history'
import { countOption } from '../args.ts'
import { watchWaits } from '../progress/watch-waits.ts'
import { urlWords } from '../remote/open-client.ts'
import { planAt, rowOf, summaryIn } from '../remote/remote-row.ts'
import { pageOf } from '../remote/submitted.ts'
import { openPage } from '../run-line.ts'
import type { RemoteContext } from './action.ts'
import { itemNumber } from './item-number.ts'
import { explain, printLook } from './print-look.ts'

export async function showAtServer({ command, args, io, messages, client, operands }: RemoteContext): Promise<number> {
  const run = await client.getRun(operands[0] as string) // there as its operands say
  const row = rowOf(run)
  const item = itemNumber(command, args, row) ?? run.error?.item ?? 0
  const limit = row.items.total === 1 ? 1 : (countOption(command, args, 'limit') ?? 10)
  const results = await resultsOf(client, run, args.has('item') ? item : undefined, limit)
  const page = pageOf(client, run.runId)
  if (args.has('open')) await openPage(page, io, messages)
  if (args.has('json')) {
    const steps = await stepsOf(client, run.runId, item)
    io.out(`${JSON.stringify({ ...summaryIn(run), itemIndex: item, ...steps, results })}\n`)
    return 0
  }
  printLook(
    {
      run: { row, isHeld: true },
      item,
      ...(await readItem(client, run, item)),
      results,
      page,
      driver: `the server at ${client.url} drives it`,
    },
    io,
    messages,
  )
  return 0
}

// ---

/** Steps whose conditions were looked at take a request each. */
const MOST_LOOKED = 50
/** Items that a server lists at once. */
const PAGE = 1000

async function readItem(client: StepflowClient, run: Run, item: number) {
  const { runId, status, completedAt, createdAt } = run
  try {
    const plan = await planAt(client, runId)
    const states = foldSteps(plan, item)
    const waits: string[] = []
    const watcher = watchWaits(plan, (text) => waits.push(text), urlWords(client))
    let isTold = false
    for await (const lines of client.getJournal(runId, { item })) {
      for (const line of lines) {
        const entries = line.entries as readonly JournalEntry[] // without values, which are not drawn
        isTold ||= entries.some(({ type }) => type === 'finished')
        states.see(entries)
        watcher.see(entries)
      }
    }
    // Nobody drove it when it was cancelled, so nobody wrote how its items ended.
    if (isEnded(status) && !isTold) {
      states.see([{ type: 'finished', at: Date.parse(completedAt ?? createdAt), item, outcome: CANCELLED }])
    }
    explain(states, (await client.listSteps(runId, { item })).steps)
    watcher.name(runId)
    return { states, waits }
  } catch (thrown) {
    return { states: { steps: [], before: [] }, waits: [], damage: damageIn(thrown) }
  }
}

const CANCELLED: Outcome = { outcome: 'failed', error: { code: 'CANCELLED', message: 'the run was cancelled' } }

/** A journal that cannot be read does not keep from being told what came out. */
function damageIn(thrown: unknown): string {
  if (FlowError.is(thrown) && thrown.code === 'RESOURCE_UNAVAILABLE') return thrown.message
  throw thrown
}

/** The item that is asked for; else those that failed, as far as there is room, else the first ones. */
async function resultsOf(
  client: StepflowClient,
  { runId, items }: Run,
  item: number | undefined,
  limit: number,
): Promise<ItemSummary[]> {
  if (item !== undefined) {
    const found = await client.getItem(runId, item, 'full')
    return found.result === undefined ? [] : [summaryOf(found)]
  }
  const status = items.failed === 0 ? 'success,skipped,failed,cancelled' : 'failed,cancelled'
  const found: ItemList['items'][number][] = []
  for (let cursor: string | undefined; found.length < limit; ) {
    const query = { status, limit: Math.min(limit - found.length, PAGE), ...(cursor === undefined ? {} : { cursor }) }
    const page = await client.listItems(runId, query)
    found.push(...page.items)
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  const whole = found.map(async (one) =>
    summaryOf(isCut(one.result) ? await client.getItem(runId, one.itemIndex, 'full') : one),
  )
  return Promise.all(whole)
}

function isCut(result: ItemList['items'][number]['result']): boolean {
  const value =
    result?.outcome === 'success' ? result.result : result?.outcome === 'failed' ? result.error.data : undefined
  return isRecord(value) && Object.hasOwn(value, '$preview')
}

function summaryOf({ itemIndex, status, result }: ItemList['items'][number]): ItemSummary {
  return { itemIndex, status, result } as ItemSummary // of an item that has ended
}

async function stepsOf(client: StepflowClient, runId: string, item: number) {
  let rows: StepList['steps']
  try {
    rows = (await client.listSteps(runId, { item })).steps
  } catch (thrown) {
    return { steps: [], damage: damageIn(thrown) }
  }
  const looked = rows.filter(({ why }) => why?.kind === 'condition').slice(0, MOST_LOOKED)
  const whys = new Map<(typeof rows)[number], Step['why']>()
  for (const row of looked) {
    const { why } = await client.getStep(runId, row.stepId, { item, visit: row.visit })
    whys.set(row, why)
  }
  return { steps: rows.map((row) => (whys.has(row) ? { ...row, why: whys.get(row) } : row)) }
}
