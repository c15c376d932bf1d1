// Waits for the end of a run that a request has begun, for as long as the request wants to, and says how it stands then.

import type { Clock, ItemResult, Outcome, RunRow, Store } from '@stepflow/engine'
import type { RunReader } from '@stepflow/host/history'
import type { WhenGone } from '../app/gone.ts'
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
  readonly whenGone: WhenGone
}

/** Undefined if the run was removed meanwhile. */
export async function waitForEnd(begun: BegunRun, wait: WaitForEnd): Promise<RunAtEnd | undefined> {
  const { run } = begun
  const { runs, store } = wait
  const ended = await endInTime(run.ended, wait)
  if (ended) {
    const outcome = ended.items.total === 1 ? await onlyOutcome(begun, runs) : undefined
    return { row: ended, isEnded: true, outcome }
  }
  const row = await store.runs.get(run.id)
  return row && { row, isEnded: false }
}

// ---

/** Undefined if it does not come in time, or nobody waits any longer. */
function endInTime(
  ended: Promise<RunRow>,
  { clock, timeoutMs, whenGone }: Pick<WaitForEnd, 'clock' | 'timeoutMs' | 'whenGone'>,
): Promise<RunRow | undefined> {
  return new Promise((resolve, reject) => {
    let isOver = false
    let stay = () => {}
    const over = () => {
      isOver = true
      cancel()
      stay()
    }
    const leave = () => {
      over()
      resolve(undefined)
    }
    const cancel = clock.timer(timeoutMs, leave)
    stay = whenGone(leave)
    // A server that drains already has called at once.
    if (isOver) stay()
    ended.then(
      (row) => {
        over()
        resolve(row)
      },
      (error) => {
        over()
        reject(error)
      },
    )
  })
}

/** One that was begun here with one input is at hand; of others somebody has read it already. */
async function onlyOutcome({ run, isAtHand }: BegunRun, runs: RunReader): Promise<Outcome | undefined> {
  if (!isAtHand) return (await (await runs.open(run.id)).items(0, 1))[0]?.outcome
  // It is the only one: nothing is to be ended behind it.
  const first: IteratorResult<readonly ItemResult[], undefined> = await run
    .batches('input')
    [Symbol.asyncIterator]()
    .next()
  return first.value?.[0]?.outcome
}
