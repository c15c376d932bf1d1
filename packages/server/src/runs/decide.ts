// Waits of runs: finds the open ones, and lets one be decided, once.
//
// D1  A decision is a signal for one wait, with an id of its own. Of several, the first in the run's journal counts: whoever sent
//     another one is told so.
// D2  One that was sent about when the wait expires counts if the wait has taken it, and its answer waits for that: whoever
//     drives the run may have let the wait go before he heard of it.

import { randomUUID } from 'node:crypto'
import { type Clock, FlowError, type Json, type PlanEngine, type Store, visitOfPath } from '@stepflow/engine'
import { checkPayload, type RecordedRun, type RunReader, type Wait, type WaitState } from '@stepflow/host/history'
import { News } from './news.ts'

export interface FoundWait {
  readonly recorded: RecordedRun
  readonly state: WaitState
}

/** Throws NOT_FOUND. */
export async function findWait(runs: RunReader, id: string): Promise<FoundWait> {
  const at = id.lastIndexOf('~')
  const path = id.slice(at + 1).replaceAll('-', '/')
  if (at > 0 && /^\d+\/\d+\/\d+(\.\d+)?(\/\d+\/\d+\/\d+(\.\d+)?)*$/.test(path)) {
    const recorded = await runs.open(id.slice(0, at))
    const state = await recorded.waits.at(path)
    if (state) return { recorded, state }
  }
  throw new FlowError('NOT_FOUND', `there is no wait ${id}: take the id of one that is listed`)
}

/** By its run and its visit, in one segment of a path. */
export function waitId(runId: string, path: string): string {
  return `${runId}~${path.replaceAll('/', '-')}`
}

/** What is shown beside the question, evaluated again. */
export async function contextOf(recorded: RecordedRun, path: string): Promise<unknown> {
  const { sub, item, step, visit } = visitOfPath(path)
  const reads = await recorded.readsOf(Number.parseInt(path, 10), { step, visit, element: item }, sub)
  return (reads?.input as { readonly context?: unknown } | null | undefined)?.context
}

export interface Decide {
  readonly engine: PlanEngine
  readonly store: Store
  readonly clock: Clock
  readonly runs: RunReader
  readonly id: string
  readonly payload: Json
  readonly by: string | undefined
}

/** Throws CONFLICT if it is past, INVALID_INPUT for a payload that does not fit. */
export async function decide(tools: Decide): Promise<FoundWait> {
  const { engine, runs, id, payload, by } = tools
  const { recorded, state } = await findWait(runs, id)
  if (state.isOver || state.decided) throw past(id, state)
  const { path, name, schema } = state.wait
  await checkPayload(schema, payload)
  const signalId = `decision ${randomUUID()}`
  const { row } = recorded
  await engine.signal(row.id, {
    name: 'signal',
    signal: name,
    payload,
    id: signalId,
    item: Number.parseInt(path, 10),
    wait: path,
    ...(by === undefined ? {} : { by }),
  })
  const after = await afterDecision(tools, state.wait)
  // D1.
  if (after.state.decided?.signalId !== signalId) throw past(id, after.state)
  return after
}

// ---

/** D2. */
const ABOUT_MS = 1_000
const PATIENCE_MS = 5_000

/** As it is, or about its expiry as it is when it is over. */
async function afterDecision({ store, clock, runs, id }: Decide, { expiresAt }: Wait): Promise<FoundWait> {
  if (expiresAt === undefined || expiresAt > clock.now() + ABOUT_MS) return findWait(runs, id)
  const news = new News({ store, run: id.slice(0, id.lastIndexOf('~')), logs: false }, clock)
  const end = clock.now() + PATIENCE_MS
  try {
    for (;;) {
      const found = await findWait(runs, id)
      const leftMs = end - clock.now()
      // Of a paused run nothing is over before it goes on; what was sent in time is taken then.
      if (found.state.isOver || leftMs <= 0 || found.recorded.row.status === 'paused') return found
      await news.next(leftMs)
    }
  } finally {
    news.stop()
  }
}

function past(id: string, { decided, isExpired }: WaitState): FlowError {
  const how = decided ? 'was decided already' : isExpired ? 'expired' : 'is over: its item has ended'
  const by = decided?.by === undefined ? '' : ` by ${decided.by}`
  return new FlowError('CONFLICT', `wait ${id} ${how}${by}`, {
    ...(decided ? { data: { decided: decidedShape(decided) } as Json } : {}), // a payload came as JSON
  })
}

export function decidedShape({ at, by, payload }: NonNullable<WaitState['decided']>) {
  return { at: new Date(at).toISOString(), ...(by === undefined ? {} : { by }), payload }
}
