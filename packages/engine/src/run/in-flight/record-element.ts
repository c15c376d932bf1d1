// How an element of a sub-run ended, as it is journaled: only where no entry of a step says so.

import type { Outcome } from '../outcome.ts'
import { DONE, FAILED, SKIPPED } from '../scheduler/state.ts'
import type { ActiveRun } from './active-run.ts'
import type { Drive } from './drive.ts'

/** To be called while the element's slot is still its own. */
export function recordElement(drive: Drive, run: ActiveRun, slot: number, item: number, outcome: Outcome): void {
  if (drive.records !== 'steps') return
  const { soleStep } = run.plan
  const status = run.state.status[slot * run.state.stepCount + soleStep] as number
  if (soleStep >= 0 && endOf(status) === outcome.outcome) return
  drive.entries.push({ type: 'closed', at: drive.now, sub: run.key, item, outcome: outcome.outcome })
}

// ---

function endOf(status: number): Outcome['outcome'] | undefined {
  if (status === DONE) return 'success'
  if (status === SKIPPED) return 'skipped'
  return status === FAILED ? 'failed' : undefined
}
