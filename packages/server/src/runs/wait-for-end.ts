// Waits for the end of a run that a request has begun, for as long as the request wants to, and says how it stands then.

import type { Clock, Outcome, RunRow, Store } from '@stepflow/engine'
import type { RunReader } from '@stepflow/host/history'
import type { BegunRun } from './start-run.ts'

export interface RunAtEnd {
  /** As it is: to be redacted. */
  readonly row: RunRow
  readonly isEnded: boolean
  /** Of a run of one item, redacted. */
  readonly outcome?: Outcome | undefined
}

export interface WaitForEnd {
  readonly clock: Clock
  readonly store: Store
  readonly runs: RunReader
  readonly timeoutMs: number
  /** Nobody waits any longer; the run goes on. */
  readonly signal: AbortSignal
}

/** Undefined if the run was removed meanwhile. */
export async function waitForEnd(
  begun: BegunRun,
  { clock, store, runs, timeoutMs, signal }: WaitForEnd,
): Promise<RunAtEnd | undefined> {
  const { run } = begun
  let stop = () => {}
  const given = new Promise<undefined>((resolve) => {
    const leave = () => resolve(undefined)
    const cancel = clock.timer(timeoutMs, leave)
    signal.addEventListener('abort', leave)
    stop = () => {
      cancel()
      signal.removeEventListener('abort', leave)
    }
  })
  try {
    const row = await Promise.race([run.ended, given])
    if (row) return { row, isEnded: true, outcome: row.items.total === 1 ? await onlyOutcome(begun, runs) : undefined }
  } finally {
    stop()
  }
  const row = await store.runs.get(run.id)
  return row && { row, isEnded: false }
}

// ---

/** One that was begun here with one input is at hand; of others somebody has read it already. */
async function onlyOutcome({ run, isAtHand }: BegunRun, runs: RunReader): Promise<Outcome | undefined> {
  if (!isAtHand) return (await (await runs.open(run.id)).items(0, 1))[0]?.outcome
  for await (const [result] of run.batches('input')) return result?.outcome
  return undefined
}
