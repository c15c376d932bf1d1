// What a flow was given of late, and what its steps answered: for forms and editors. All of it redacted, and cut.

import type { RunRow } from '@stepflow/engine'
import type { RecordedRun, RunReader } from '@stepflow/host/history'
import { MOST_IN_LIST, preview } from '../app/preview.ts'

export interface PastInput {
  readonly input: unknown
  readonly runId: string
  readonly at: string
}

export interface PastOutput {
  readonly value: unknown
  readonly runId: string
  readonly at: string
}

/** The last different ones, the latest first. */
export async function pastInputs(flow: string, runs: RunReader): Promise<PastInput[]> {
  const found = new Map<string, PastInput>()
  for await (const { row, recorded } of recentRuns(flow, runs)) {
    const at = new Date(row.createdAt).toISOString()
    for (const input of await firstInputs(recorded)) {
      const key = JSON.stringify(input)
      if (!found.has(key)) found.set(key, { input: preview(input, MOST_IN_LIST), runId: row.id, at })
      if (found.size === MOST_INPUTS) return [...found.values()]
    }
  }
  return [...found.values()]
}

/** Of each step the last output, in runs of one item. */
export async function pastOutputs(flow: string, runs: RunReader): Promise<Readonly<Record<string, PastOutput>>> {
  const found = new Map<string, PastOutput>()
  for await (const { row, recorded } of recentRuns(flow, runs)) {
    const { plan } = recorded
    if (!plan || row.items.total !== 1) continue
    const ofRun = new Map<string, PastOutput>()
    for (const entry of await recorded.entriesOf(0)) {
      if (entry.type !== 'settled' || entry.sub !== undefined || entry.outcome.outcome !== 'success') continue
      const step = plan.steps[entry.step]
      if (!step || step.hidden) continue
      const value = preview(entry.outcome.result ?? null, MOST_IN_LIST)
      ofRun.set(step.id, { value, runId: row.id, at: new Date(entry.at).toISOString() })
    }
    for (const [id, output] of ofRun) if (!found.has(id)) found.set(id, output)
    if (plan.steps.every(({ id, hidden }) => hidden || found.has(id))) break
  }
  return Object.fromEntries(found)
}

// ---

const MOST_INPUTS = 10
/** A step that seldom runs is not looked for in all of the history. */
const MOST_RUNS = 50
/** Of a batch so many inputs count. */
const MOST_OF_RUN = 10
/** The journal of a large batch is not read for ten of its lines. */
const MOST_ITEMS = 1000

async function* recentRuns(
  flow: string,
  runs: RunReader,
): AsyncGenerator<{ readonly row: RunRow; readonly recorded: RecordedRun }> {
  for (const row of (await runs.list({ flow, limit: MOST_RUNS })).rows) {
    if (row.items.total > MOST_ITEMS) continue
    // It may have been removed since.
    const recorded = await runs.open(row.id).catch(() => undefined)
    if (recorded && !recorded.damage) yield { row, recorded }
  }
}

async function firstInputs(recorded: RecordedRun): Promise<readonly unknown[]> {
  for await (const { rows } of recorded.journals()) {
    const [first] = rows[0] ?? []
    return first?.type === 'created' ? first.inputs.slice(0, MOST_OF_RUN) : []
  }
  return []
}
