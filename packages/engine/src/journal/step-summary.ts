// A visit of a step as programs are given it: times are ISO 8601 in UTC, and the step's number in the plan is left out. The same
// for the command line, a server, and a page that folds the journal itself.

import type { AttemptRow, VisitRow } from './visit-rows.ts'
import type { Why } from './why.ts'

/** Why something does not move, for programs. */
export interface WhySummary extends Omit<Why, 'until'> {
  readonly until?: string
}

export function stepSummary({ step: _, readyAt, startedAt, endedAt, attempts, why, ...row }: VisitRow) {
  return {
    ...row,
    ...(readyAt === undefined ? {} : { readyAt: isoTime(readyAt) }),
    ...(startedAt === undefined ? {} : { startedAt: isoTime(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: isoTime(endedAt) }),
    attempts: attempts.map(attemptSummary),
    ...(why === undefined ? {} : { why: whySummary(why) }),
  }
}

export function whySummary({ until, ...why }: Why): WhySummary {
  return until === undefined ? why : { ...why, until: isoTime(until) }
}

/** `2026-03-01T12:00:00.000Z`, of epoch milliseconds. */
export function isoTime(at: number): string {
  return new Date(at).toISOString()
}

// ---

function attemptSummary({ startedAt, endedAt, waits, ...attempt }: AttemptRow) {
  return {
    startedAt: isoTime(startedAt),
    ...(endedAt === undefined ? {} : { endedAt: isoTime(endedAt) }),
    ...attempt,
    ...(waits === undefined ? {} : { waits: waits.map(waitSummary) }),
  }
}

function waitSummary({ from, to }: { readonly from: number; readonly to?: number }) {
  return { from: isoTime(from), ...(to === undefined ? {} : { to: isoTime(to) }) }
}
