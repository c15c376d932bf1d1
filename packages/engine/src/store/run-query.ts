// Which runs are asked for, and in which order: one query for lists, counts and summaries, and what it means in every store.
// A store may find runs as it likes; whether a run fits, and what stands before what, is said here.

import { FlowError } from '../errors.ts'
import { own } from '../json.ts'
import type { RunRow } from './run-row.ts'

/** What runs are asked for by. `waiting`: running, and nothing of it moves. */
export const ASKED_STATUSES = ['queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled'] as const
/** What runs are asked for by: how they stand, or that they wait. */
export type AskedStatus = (typeof ASKED_STATUSES)[number]

/** What runs are sorted by; `-`: the greatest first. */
export const RUN_SORTS = ['createdAt', '-createdAt', 'completedAt', '-completedAt', 'duration', '-duration'] as const
/** What runs are sorted by. */
export type RunSort = (typeof RUN_SORTS)[number]

/** Which runs are meant: all that is given must fit; of several values, one. */
export interface RunFilter {
  readonly status?: AskedStatus | readonly AskedStatus[] | undefined
  /** A name of a flow, its id, or the file (absolute) that a command line began the run from. */
  readonly flow?: string | readonly string[] | undefined
  /** Those that say nothing of it are of the kind `run`. */
  readonly kind?: 'run' | 'test' | undefined
  /** What type of trigger began them: of those that say nothing of it, `api`. */
  readonly trigger?: string | readonly string[] | undefined
  /** Name and value: all of them. */
  readonly labels?: readonly (readonly [string, string])[] | undefined
  /** Created at or after; before. Epoch milliseconds. */
  readonly since?: number | undefined
  readonly until?: number | undefined
  /** A part of its id, of its flow's name, of a label (`name:value`), or of its error's code or text; in any case, see `foldCase`. */
  readonly q?: string | undefined
  /** How labels and texts of errors are shown: what is not shown is not found by `q` either. */
  readonly shown?: ((text: string) => string) | undefined
}

/** Which runs are listed. */
export interface RunQuery extends RunFilter {
  /** The newest first, unless told. Runs that have not ended come last by `completedAt` and by `duration`. */
  readonly sort?: RunSort | undefined
  /** 100 unless told. */
  readonly limit?: number | undefined
  /** The `next` of the page before. */
  readonly cursor?: string | undefined
  /** Counts those that fit, so many at most. */
  readonly count?: number | undefined
}

/** Some of the runs that were asked for. */
export interface RunPage {
  readonly rows: readonly RunRow[]
  /** Others follow: the cursor of the next page. It needs none of the runs that were listed. */
  readonly next?: string
  /** How many there are on all pages, if it was asked for: `count` may be `count` or more. */
  readonly total?: number
}

/** Throws INVALID_INPUT for what asks for nothing that makes sense. */
export function checkQuery({ sort, limit, cursor, count, ...filter }: RunQuery): void {
  checkFilter(filter)
  if (sort !== undefined) oneOf('sort', sort, RUN_SORTS)
  if (limit !== undefined) atLeast('limit', limit, 1)
  if (count !== undefined) atLeast('count', count, 0)
  if (cursor !== undefined && typeof cursor !== 'string') throw wrong('cursor', cursor, 'the `next` of a page')
}

export function checkFilter({ status, flow, kind, trigger, labels, since, until, q }: RunFilter): void {
  for (const one of listOf(status) ?? []) oneOf('status', one, ASKED_STATUSES)
  for (const one of listOf(flow) ?? []) text('flow', one)
  for (const one of listOf(trigger) ?? []) text('trigger', one)
  for (const label of labels ?? []) for (const part of label) text('labels', part)
  if (kind !== undefined) oneOf('kind', kind, ['run', 'test'])
  if (since !== undefined && !Number.isFinite(since)) throw wrong('since', since, 'a time')
  if (until !== undefined && !Number.isFinite(until)) throw wrong('until', until, 'a time')
  if (q !== undefined) text('q', q)
}

/** Why no filter could name a label of that name: it is written `name:value`, or `name=value`. Undefined if one can. */
export function whyNoLabel(name: string): string | undefined {
  if (name === '') return 'a label has a name'
  if (/[:=]/.test(name)) return `the name of a label, ${JSON.stringify(name)}, has no ":" and no "=": they end it`
  return undefined
}

/** Does a run fit? To be made once for many runs. */
export function createFit(filter: RunFilter): (row: RunRow) => boolean {
  const { kind, labels = [], since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, shown } = filter
  const statuses = setOf(filter.status)
  const fitsBegin = createBeginFit(filter)
  const q = filter.q === undefined || filter.q === '' ? undefined : foldCase(filter.q)
  return (row) => {
    const { status, createdAt } = row
    if (createdAt < since || createdAt >= until) return false
    if (kind !== undefined && (row.kind ?? 'run') !== kind) return false
    if (statuses && !statuses.has(status) && !(statuses.has('waiting') && isWaiting(row))) return false
    if (!fitsBegin(row)) return false
    for (const [name, value] of labels) if (own(row.labels, name) !== value) return false
    return q === undefined || holds(row, q, shown)
  }
}

/** What began a run: many have it in common. */
export type RunBegin = Pick<RunRow, 'flow' | 'flowId' | 'trigger'>

/** Does a run fit by what began it? The rest of the filter is not asked. */
export function createBeginFit(filter: Pick<RunFilter, 'flow' | 'trigger'>): (begin: RunBegin) => boolean {
  const [flows, triggers] = [setOf(filter.flow), setOf(filter.trigger)]
  return ({ flow, flowId, trigger }) => {
    if (flows && !isOneOf(flows, flow) && !isOneOf(flows, flowId) && !isOneOf(flows, trigger?.flow)) return false
    return triggers === undefined || triggers.has(trigger?.type ?? 'api')
  }
}

/** Nothing of it moves: what has begun only waits. */
export function isWaiting({ status, atWork }: RunRow): boolean {
  return status === 'running' && atWork.running === 0 && atWork.waiting > 0
}

/** Texts that differ in case only have the same one: also ß and SS, and a sigma at the end of a word. */
export function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase().replaceAll('ς', 'σ')
}

/** Is `q`, folded, in the text, and in the text as it is shown? */
export function isIn(q: string, text: string, shown: RunFilter['shown']): boolean {
  if (!foldCase(text).includes(q)) return false
  const seen = shown ? shown(text) : text
  return seen === text || foldCase(seen).includes(q)
}

export function atLeast(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) throw wrong(name, value, `a whole number from ${least} on`)
}

export function listOf<T>(values: T | readonly T[] | undefined): readonly T[] | undefined {
  return values === undefined || Array.isArray(values) ? (values as readonly T[] | undefined) : [values as T] // T is no list
}

// --- order

/**
 * Where a run stands in a list: the one with the lower key first, then the one with the lower tie. `number` counts the runs of
 * a store in the order of their creation.
 */
export interface RunPlace {
  readonly key: number
  readonly tie: number
}

export function placeOf(row: RunRow, number: number, sort: RunSort): RunPlace {
  const sign = sort.startsWith('-') ? -1 : 1
  const value = sortValue(row, sort)
  return { key: value === undefined ? Number.POSITIVE_INFINITY : sign * value, tie: sign * number }
}

/** Absent: after all others, whichever way they are sorted. */
export function sortValue({ createdAt, startedAt = createdAt, endedAt }: RunRow, sort: RunSort): number | undefined {
  switch (sort) {
    case 'createdAt':
    case '-createdAt':
      return createdAt
    case 'completedAt':
    case '-completedAt':
      return endedAt
    case 'duration':
    case '-duration':
      return endedAt === undefined ? undefined : endedAt - startedAt
  }
}

export function comparePlaces(a: RunPlace, b: RunPlace): number {
  // Not by their difference: that of two infinities is no number.
  if (a.key !== b.key) return a.key < b.key ? -1 : 1
  return a.tie - b.tie
}

/** A place as text: it is good for lists of that order only. */
export function cursorOf({ key, tie }: RunPlace, sort: RunSort): string {
  return `${sort},${key},${tie}`
}

/** Throws INVALID_INPUT for a cursor of another order, or of no list at all. */
export function readCursor(cursor: string, sort: RunSort): RunPlace {
  const [of, key = '', tie = '', ...rest] = cursor.split(',')
  const place = { key: Number(key), tie: Number(tie) }
  const isOurs =
    of === sort && rest.length === 0 && key !== '' && !Number.isNaN(place.key) && Number.isInteger(place.tie)
  if (isOurs && tie !== '') return place
  throw wrong('cursor', cursor, `the \`next\` of a page that is sorted by ${sort}`)
}

// ---

function setOf(values: string | readonly string[] | undefined): ReadonlySet<string> | undefined {
  const list = listOf(values)
  return list && new Set(list)
}

function isOneOf(values: ReadonlySet<string>, value: string | undefined): boolean {
  return value !== undefined && values.has(value)
}

function holds({ id, flow, labels, error }: RunRow, q: string, shown: RunFilter['shown']): boolean {
  if (isIn(q, id, undefined) || (flow !== undefined && isIn(q, flow, undefined))) return true
  if (error && (isIn(q, error.code, undefined) || isIn(q, error.message, shown))) return true
  for (const name of Object.keys(labels ?? {})) if (isIn(q, `${name}:${own(labels, name)}`, shown)) return true
  return false
}

function oneOf(name: string, value: unknown, known: readonly string[]): void {
  if (!known.includes(value as string)) throw wrong(name, value, `one of: ${known.join(', ')}`) // what it is, is asked
}

function text(name: string, value: unknown): void {
  if (typeof value !== 'string') throw wrong(name, value, 'a text')
}

function wrong(name: string, value: unknown, what: string): FlowError {
  return new FlowError(
    'INVALID_INPUT',
    `"${name}" of a list of runs is ${JSON.stringify(value) ?? value}, but must be ${what}`,
  )
}
