// What the methods of the client are asked with, where it is more than a name; and which runs are meant, as a query.

import type { AskedStatus, RunSort } from '@stepflow/engine'

/** Which runs are meant; of several values one must fit, and of labels all. */
export interface FilterRuns {
  /** `waiting`: running, and nothing of it moves. */
  readonly status?: AskedStatus | readonly AskedStatus[] | undefined
  /** Names or ids, without a comma in them. */
  readonly flow?: string | readonly string[] | undefined
  /** `name:value`. */
  readonly label?: string | readonly string[] | undefined
  /** The types of what started them. */
  readonly trigger?: string | readonly string[] | undefined
  /** `run` unless told. */
  readonly kind?: 'run' | 'test' | 'all' | undefined
  /** Created at that time or later; before. A text without a zone is UTC: `2026-11-30T08:00:00Z`. */
  readonly since?: Date | string | undefined
  readonly until?: Date | string | undefined
  /** A part of id, flow, label or error, in any case. */
  readonly q?: string | undefined
}

/** Which runs are listed, and how. */
export interface ListRuns extends FilterRuns {
  /** `-createdAt`, the newest first, unless told. */
  readonly sort?: RunSort | undefined
  /** 100 unless told, at most 1,000. */
  readonly limit?: number | undefined
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined
}

/** One page of a list. */
export interface ListPage {
  /** 100 unless told, at most 1,000. */
  readonly limit?: number | undefined
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined
}

/** Which items of a run are listed. */
export interface ListItems {
  /** One, or several with commas. */
  readonly status?: string
  /** Of the failure; one, or several with commas. */
  readonly code?: string
  readonly step?: string
  readonly limit?: number
  readonly cursor?: string
}

/** Where steps are looked for. */
export interface FindSteps {
  /** Absent: of a run of one item. */
  readonly item?: number
  /** What runs inside a step, by the `inside` of its row. */
  readonly inside?: string
}

/** Which visit of a step is read. */
export interface FindStep extends FindSteps {
  /** The last unless told. */
  readonly visit?: number
  readonly element?: number
  /** Large values too. */
  readonly full?: boolean
}

/** Which lines of a run's log are read. */
export interface FindLogs {
  readonly item?: number
  readonly step?: string
  /** This one, or one that matters more. */
  readonly level?: 'debug' | 'info' | 'warning' | 'error'
  /** A part of the message, in any case. */
  readonly q?: string
  /** 100 unless told, at most 1,000. */
  readonly limit?: number
  readonly cursor?: string
}

/** What is done to many runs: those that are named, or those that a filter finds. */
export interface BulkRuns {
  readonly action: 'cancel' | 'pause' | 'resume' | 'rerun' | 'delete'
  readonly ids?: readonly string[]
  readonly filter?: FilterRuns
}

export function filterQuery({ status, flow, label, trigger, kind, since, until, q }: FilterRuns) {
  return {
    ...{ status: joined(status), flow: joined(flow), trigger: joined(trigger), kind, q },
    label: typeof label === 'string' ? [label] : label,
    since: since instanceof Date ? since.toISOString() : since,
    until: until instanceof Date ? until.toISOString() : until,
  }
}

// ---

function joined(values: string | readonly string[] | undefined): string | undefined {
  return typeof values === 'string' ? values : values?.join(',')
}
