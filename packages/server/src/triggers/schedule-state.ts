// What has become of a schedule, and what is decided of the times that are due. Pure.

import { dueTimes } from './due-times.ts'
import type { DueRun, Schedule, ScheduleFields } from './schedule.ts'

export interface ScheduleState {
  readonly flow: string
  /** Of a trigger: its place in the flow. */
  readonly index?: number
  /** Of one of the API: the schedule itself. */
  readonly fields?: ScheduleFields
  /** What was due up to then has been decided. */
  readonly until: number
  readonly isDisabled?: true
  /** Its flow is not published. */
  readonly isAway?: true
  /** Runs that are to begin, the oldest first. */
  readonly waiting: readonly DueRun[]
  /** The run that it began last, behind those which had not ended then. */
  readonly runs: readonly string[]
  /** What kept the last one from beginning. */
  readonly problem?: ScheduleProblem
}

export interface ScheduleProblem {
  /** That was due. */
  readonly at: number
  readonly code: string
  readonly message: string
}

export interface Decision {
  readonly state: ScheduleState
  /** Times whose runs do not begin, with the reason. */
  readonly leftOut: readonly { readonly at: number; readonly why: string }[]
}

/** `queue`: more runs do not wait for their turn. */
export const MOST_WAITING = 100

/** When there is something to decide: the first time that has not been, or now if the clock was set back; else Infinity. */
export function nextDue({ times }: Pick<Schedule, 'times'>, state: ScheduleState, now: number): number {
  if (state.isDisabled || state.isAway) return Number.POSITIVE_INFINITY
  if (isAhead(state, now)) return now
  return times.next(state.until, 1)[0] ?? Number.POSITIVE_INFINITY
}

/** What becomes of the times that are due. `open`: a run of it that has not ended. */
export function decide(
  schedule: Pick<Schedule, 'id' | 'times' | 'catchUp' | 'overlap'>,
  state: ScheduleState,
  { since, now, open }: { readonly since: number; readonly now: number; readonly open: string | undefined },
): Decision {
  const { id, overlap } = schedule
  const { missed, onTime } = dueTimes(schedule, { after: isAhead(state, now) ? now : state.until, since, now })
  const waiting = [...state.waiting, ...missed.map((at) => ({ at, id }))]
  const leftOut: { at: number; why: string }[] = []
  for (const at of onTime) {
    const why = whyNot(overlap, waiting.length, open)
    if (why === undefined) waiting.push({ at, id })
    else leftOut.push({ at, why })
  }
  return { state: { ...state, until: now, waiting }, leftOut }
}

// ---

const MOST_BACK_MS = 60_000

/**
 * The clock was set back by far: what it said before is not to hold the schedule until then. Times that come again find their
 * runs by their keys.
 */
function isAhead({ until }: ScheduleState, now: number): boolean {
  return until > now + MOST_BACK_MS
}

function whyNot(overlap: Schedule['overlap'], waiting: number, open: string | undefined): string | undefined {
  switch (overlap) {
    case 'allow':
      return undefined
    case 'queue':
      return waiting < MOST_WAITING ? undefined : `${MOST_WAITING} runs wait for their turn already`
    case 'skip':
      if (waiting > 0) return 'the run before it has not begun yet'
      return open === undefined ? undefined : `run ${open} has not ended`
  }
}
