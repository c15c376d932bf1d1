// The journal's past, settled again: the same settles in the same order give the same state. Calls nothing, but for the
// components that wait for a sub-run, to have that sub-run again.

import { FlowError } from '../../errors.ts'
import { type JournalEntry, type VisitRef, visitOfPath, visitPath } from '../../journal/events.ts'
import type { JournalRow } from '../../store/store.ts'
import type { ActiveRun } from '../in-flight/active-run.ts'
import type { Drive } from '../in-flight/drive.ts'
import type { Outcome } from '../outcome.ts'
import { PARKED, QUEUED, RUNNING } from '../scheduler/state.ts'
import { callHeld, type HeldTools, isUnderWay, parkHeld, unparkHeld } from './held-steps.ts'

export interface ReplayTools extends HeldTools {
  /** Lets everything move that needs no call. */
  readonly pump: () => void
}

/** Throws INTERNAL if the journal does not fit its plan. */
export async function replay(rows: readonly JournalRow[], tools: ReplayTools): Promise<void> {
  const { drive } = tools
  drive.isReplaying = true
  drive.onPoke = () => {}
  const past = readPast(rows)
  for (const item of past.finished) drive.root.known.add(item - drive.root.from)
  drive.root.passKnown()
  for (const { entries } of rows) {
    for (const entry of entries) await replayEntry(entry, past, tools)
  }
  tools.pump()
  drive.isReplaying = false
  // What follows from the past and did not come to be written is written now.
  const unwritten = drive.entries.filter((entry) => !isWritten(entry, past))
  drive.entries.splice(0, drive.entries.length, ...unwritten)
}

// ---

interface Past {
  readonly finished: ReadonlySet<number>
  /** Visits that have settled. */
  readonly settled: ReadonlySet<string>
  /** Visits that settled because of others. */
  readonly derived: ReadonlySet<string>
  /** Those among them that were under way, and cut off by a failure elsewhere. */
  readonly cut: ReadonlySet<string>
}

function readPast(rows: readonly JournalRow[]): Past {
  const finished = new Set<number>()
  const settled = new Set<string>()
  const derived = new Set<string>()
  const cut = new Set<string>()
  for (const { entries } of rows) {
    for (const entry of entries) {
      if (entry.type === 'finished') for (let i = entry.item; i <= (entry.to ?? entry.item); i++) finished.add(i)
      else if (entry.type === 'settled') {
        ;(entry.derived ? derived : settled).add(visitPath(entry))
        if (entry.derived && entry.outcome.outcome === 'failed' && entry.outcome.error.code === 'CANCELLED') {
          cut.add(visitPath(entry))
        }
      }
    }
  }
  return { finished, settled, derived, cut }
}

function isWritten(entry: JournalEntry, past: Past): boolean {
  if (entry.type === 'finished') return past.finished.has(entry.item)
  if (entry.type !== 'settled') return entry.type !== 'parked'
  return past.settled.has(visitPath(entry)) || past.derived.has(visitPath(entry))
}

async function replayEntry(entry: JournalEntry, past: Past, tools: ReplayTools): Promise<void> {
  switch (entry.type) {
    case 'settled':
    case 'started':
    case 'parked': {
      if (entry.type === 'settled' && entry.derived) return
      // What woke it is there still, and wakes it again. Who waited for a place waits for one in this process.
      if (entry.type === 'started' && (entry.woken || entry.queued)) return
      if (past.finished.has(rootItemOf(entry))) return
      const above = settledAbove(entry.sub, past)
      if (above) return startItem({ ...above, at: entry.at }, tools)
      const found = await runOf(entry.sub, entry.at, tools)
      const key = found && keyOf(found, entry, tools)
      if (found === undefined || key === undefined) return
      if (entry.type !== 'started' && entry.took !== undefined) tools.parks.signals.use(rootItemOf(entry), entry.took)
      return apply(entry, found, key, past, tools)
    }
    default:
      return
  }
}

function apply(
  entry: Extract<JournalEntry, { type: 'settled' | 'started' | 'parked' }>,
  run: ActiveRun,
  key: number,
  past: Past,
  tools: ReplayTools,
): void {
  const { drive, pump } = tools
  const status = run.state.status[key]
  if (status === PARKED || status === RUNNING) unparkHeld(tools, run, key)
  if (entry.type === 'started') {
    run.started.set(key, { attempt: entry.attempt, at: entry.at })
    return
  }
  if (run.state.status[key] !== QUEUED) {
    // With other inputs than before, the step may have gone another way: then it is not taken over.
    if (entry.type === 'settled' && entry.carried) return
    throw damaged(drive, entry, 'a step settles that was not ready')
  }
  if (entry.type === 'parked') return parkHeld(tools, run, key, entry)
  run.held.delete(key)
  run.tries.delete(key)
  run.started.delete(key)
  const underWay = heldOf(run, past.cut).filter((held) => run.state.status[held] === QUEUED)
  // Nothing is called in a replay: what a failure cut off then must look as it did.
  for (const held of underWay) run.state.status[held] = RUNNING
  const slot = run.state.slotOf(key)
  settle(run, slot, entry.step, entry.outcome)
  if (run.parked.size > 0) run.endedBesideParked.add(slot)
  drive.touch(run)
  pump()
  for (const held of underWay) if (run.state.status[held] === RUNNING) run.state.status[held] = QUEUED
}

function heldOf(run: ActiveRun, paths: ReadonlySet<string>): number[] {
  if (paths.size === 0) return []
  const { state } = run
  return [...run.held].filter((key) => {
    const item = state.item[state.slotOf(key)] as number
    const visit = { item, step: key % state.stepCount, visit: (state.visit[key] as number) + 1 }
    return paths.has(visitPath(run.key === '' ? visit : { sub: run.key, ...visit }))
  })
}

function settle(run: ActiveRun, slot: number, step: number, outcome: Outcome): void {
  if (outcome.outcome === 'success') run.scheduler.succeed(slot, step, outcome.result)
  else if (outcome.outcome === 'skipped') run.scheduler.skip(slot, step, outcome.reason, outcome.cause)
  else run.scheduler.fail(slot, step, outcome.error)
}

/** The run that an entry speaks of, opened again if need be; undefined if its step goes another way by now. */
async function runOf(sub: string | undefined, at: number, tools: ReplayTools): Promise<ActiveRun | undefined> {
  const { drive, calls } = tools
  if (sub === undefined) return drive.root
  const known = drive.subRuns.get(sub)
  if (known) return known
  const parentRef = visitOfPath(sub)
  const parent = await runOf(parentRef.sub, at, tools)
  if (!parent) return undefined
  const key = keyOf(parent, { ...parentRef, at }, tools)
  if (key === undefined) return undefined
  if (parent.held.has(key)) callHeld(tools, parent, key, at)
  tools.pump()
  while (!drive.subRuns.has(sub) && isUnderWay(parent, key)) {
    await poked(drive)
    calls.settleAnswers()
    tools.pump()
  }
  return drive.subRuns.get(sub)
}

/** Resolves when something was poked. */
function poked(drive: Drive): Promise<void> {
  return new Promise((resolve) => {
    drive.onPoke = resolve
  })
}

/** The key of a visit, its item started if it was not. */
function keyOf(run: ActiveRun, ref: VisitRef & { readonly at: number }, tools: ReplayTools): number | undefined {
  const index = ref.item - run.from
  if (!run.known.has(index)) {
    run.known.add(index)
    run.passKnown()
    if (!run.parent) tools.drive.of.gate.take()
    tools.items.start(run, index, ref.at)
    tools.drive.touch(run)
    tools.pump()
  }
  const slot = slotOf(run, ref.item)
  return slot === undefined ? undefined : slot * run.state.stepCount + ref.step
}

function slotOf(run: ActiveRun, item: number): number | undefined {
  for (let slot = 0; slot < run.state.isLive.length; slot++) {
    if (run.state.isLive[slot] === 1 && run.state.item[slot] === item) return slot
  }
  return undefined
}

/** The outermost visit around a sub-run that has settled: what went on below it need not be known. */
function settledAbove(sub: string | undefined, { settled }: Past): VisitRef | undefined {
  let found: VisitRef | undefined
  for (let at = sub; at !== undefined; ) {
    const visit = visitOfPath(at)
    if (settled.has(visitPath(visit))) found = visit
    at = visit.sub
  }
  return found
}

/** The item of a visit had started by then: it counts among those in flight. */
async function startItem(ref: VisitRef & { readonly at: number }, tools: ReplayTools): Promise<void> {
  const run = await runOf(ref.sub, ref.at, tools)
  if (run) keyOf(run, ref, tools)
}

function rootItemOf({ sub, item }: VisitRef): number {
  return sub === undefined ? item : Number.parseInt(sub, 10)
}

function damaged(drive: Drive, entry: VisitRef, what: string): FlowError {
  const place = `item ${entry.item}, step ${entry.step}${entry.sub === undefined ? '' : ` of sub-run ${entry.sub}`}`
  return new FlowError('INTERNAL', `journal ${drive.of.journal} does not fit its plan (${place}): ${what}`)
}
