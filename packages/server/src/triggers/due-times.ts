// Which times of a schedule are due, and which of them were missed. Pure.
//
// A time was missed if no server was there at it: it is older than the one that looks, or much older than now, as after the
// machine has slept or its clock was set. What is only late, under load, is due.

import type { Schedule } from './schedule.ts'

export interface DueTimes {
  /** The newest `catchUp`, the oldest first. */
  readonly missed: readonly number[]
  readonly onTime: readonly number[]
}

export interface Window {
  /** What is not later than this has been decided. */
  readonly after: number
  /** Since when this server looks, or another one beside it. */
  readonly since: number
  readonly now: number
}

/** A time that is older was missed, not late. */
export const MOST_LATE_MS = 60_000

export function dueTimes({ times, catchUp }: Pick<Schedule, 'times' | 'catchUp'>, window: Window): DueTimes {
  const { after, since, now } = window
  const border = Math.max(after, Math.min(since, now), now - MOST_LATE_MS)
  const missed = times.last(catchUp, after, border)
  const onTime = times.between(border, now)
  return { missed, onTime }
}
