// Why a run or an item does not move, and where what decides it is written. What goes in is redacted already.

import {
  authorsId,
  endedOf,
  isEnded,
  isWaiting,
  type Plan,
  type RunRow,
  type VisitRow,
  type Why,
} from '@stepflow/engine'

/** Looked at only if nobody drives the run. */
export interface Driving {
  isDriven(): Promise<boolean>
  readonly plan: Plan | undefined
  /** Is there a component of that path, as far as this process knows? */
  readonly serves: (component: string) => boolean
  /** Other nodes, which may have what this one lacks, have not had their time to look at the run. */
  readonly isNewToOthers: boolean
}

/** Of a run that is paused: nothing but its row is read for that. */
export const PAUSED: Why = { kind: 'paused', text: 'the run is paused' }

/** Why nothing of the run begins that could; undefined: it does. */
export async function heldBack(
  row: RunRow,
  { isDriven, plan, serves, isNewToOthers }: Driving,
): Promise<Why | undefined> {
  if (row.status === 'paused') return PAUSED
  if (isEnded(row.status) || isWaiting(row) || waitsForInput(row) || (await isDriven())) return undefined
  const lacking = plan?.steps.find(({ component }) => component !== null && !isOwn(component) && !serves(component))
  if (lacking && !isNewToOthers) {
    const step = authorsId(lacking)
    const text = `no node serves the component "${lacking.component}"`
    return { kind: 'node', text, ...(step === undefined ? {} : { step }) }
  }
  const text = row.status === 'queued' ? 'no process has taken the run up yet' : 'no process drives the run now'
  return { kind: 'node', text }
}

/** Of the engine itself. */
function isOwn(component: string): boolean {
  return component.startsWith('$core/')
}

/** What has come of its inputs has ended, and more may come. */
export function waitsForInput({ status, items, atWork }: RunRow): boolean {
  return !isEnded(status) && status !== 'paused' && items.total < 0 && atWork.running + atWork.waiting === 0
}

export function waitForInput({ items }: RunRow): Why {
  return { kind: 'input', text: `waits for the rest of its inputs: ${endedOf(items)} have ended` }
}

/** The first of the rows that waits; else what waits inside one of them, which `inside` reads. With its step, the outermost. */
export async function firstWait(
  rows: readonly VisitRow[],
  inside: (key: string) => Promise<readonly VisitRow[]>,
): Promise<(Why & { readonly step: string }) | undefined> {
  const row = rows.find(({ status, why }) => status === 'waiting' && why !== undefined)
  if (row?.why) return { ...row.why, step: row.stepId }
  for (const { stepId, status, inside: key } of rows) {
    if (status !== 'running' || key === undefined) continue
    const found = await firstWait(await inside(key), inside)
    if (found) return { ...found, step: stepId }
  }
  return undefined
}

/** With the place in the source: that of the step which they are about, else of their own step. */
export function placeReasons(rows: readonly VisitRow[], { steps, file }: Plan): void {
  let byId: ReadonlyMap<string, Plan['steps'][number]> | undefined
  for (const row of rows) {
    const { why } = row
    if (!why) continue
    if (why.step !== undefined) byId ??= new Map(steps.filter(({ hidden }) => !hidden).map((step) => [step.id, step]))
    const { origin } = (why.step === undefined ? steps[row.step] : byId?.get(why.step)) ?? {}
    if (origin) row.why = { ...why, at: { ...(file === undefined ? {} : { file }), ...origin } }
  }
}
