// How far a batch is, in numbers and as a line: done and failed, how much of the whole, how fast, how long still. Reads the
// run's row; draws on no terminal.

import { endedOf, type MaybePromise, type RunRow } from '@stepflow/engine'
import type { Counts } from '../batch/write-results.ts'
import { duration, paint } from './draw-tree.ts'
import { number } from './number.ts'

export interface BatchProgress {
  readonly counts: Readonly<Counts>
  /** How many items there will be, if that is known; `isAbout`: guessed from what was read. */
  readonly total?: { readonly items: number; readonly isAbout?: boolean }
  readonly retries: number
  /** Failures that something made good. */
  readonly recovered: number
  readonly elapsedMs: number
  /** Items that had ended before this process began. */
  readonly doneBefore: number
}

export interface FollowedBatch {
  /** Where the run is looked up: a store, or a server. */
  readonly store: { readonly runs: { get(run: string): MaybePromise<Pick<RunRow, 'items' | 'recovered'> | undefined> } }
  readonly run: string
  /** Results that are no items of the run: those that an output held before. */
  readonly before?: Readonly<Counts> | undefined
  /** What the input says of the number of items, those of before included. */
  readonly total?: () => BatchProgress['total']
  readonly retries: () => number
}

/** Answers how far the batch is whenever it is called, counting from now. */
export async function followProgress(batch: FollowedBatch): Promise<() => Promise<BatchProgress>> {
  const startedAt = Date.now()
  const { store, run, before = NONE, retries } = batch
  const kept = sum(before)
  let row = await store.runs.get(run)
  const doneBefore = kept + (row ? endedOf(row.items) : 0)
  return async () => {
    row = (await store.runs.get(run)) ?? row
    const items = row?.items
    const total = items && items.total >= 0 ? { items: items.total + kept } : batch.total?.()
    return {
      counts: {
        success: before.success + (items?.success ?? 0),
        skipped: before.skipped + (items?.skipped ?? 0),
        failed: before.failed + (items ? items.failed + items.cancelled : 0),
      },
      ...(total ? { total } : {}),
      retries: retries(),
      recovered: row?.recovered ?? 0,
      elapsedMs: Date.now() - startedAt,
      doneBefore,
    }
  }
}

/** `12,000 of 26,000 done (46%): 11,990 ok, 10 failed, 0 skipped; 3 retries; 2 failures recovered; 5,400/s; 3m 5s left` */
export function describeBatch(progress: BatchProgress): string {
  const { counts, total } = progress
  const done = sum(counts)
  const of = total ? ` of ${shownTotal(total)}` : ''
  const percent = total ? ` (${percentOf(done, total.items)}%)` : ''
  const rest = timeLeft(progress)
  return [
    `${number(done)}${of} done${percent}: ${howTheyEnded(counts)}`,
    ...asides(progress),
    `${number(rateOf(progress))}/s`,
    ...(rest === undefined ? [] : [`${duration(rest)} left`]),
  ].join('; ')
}

/** The last line: `26,000 done: 25,990 ok, 10 failed, 0 skipped; 3 retries; in 3m 5s (140/s)`. */
export function describeEnd(progress: Omit<BatchProgress, 'total'>): string {
  const { counts, elapsedMs, doneBefore } = progress
  const more = asides(progress).map((text) => `; ${text}`)
  // Nothing has ended since: of what had ended before, this process knows no rate.
  const rate = sum(counts) > doneBefore ? ` (${number(rateOf(progress))}/s)` : ''
  return `${number(sum(counts))} done: ${howTheyEnded(counts)}${more.join('')}; in ${duration(elapsedMs)}${rate}`
}

/** The same in one line of a terminal: what matters least is left out where there is no room. */
export function drawBatch(progress: BatchProgress, columns: number, color: boolean): string {
  const { counts, total, retries, recovered } = progress
  const done = sum(counts)
  const rest = timeLeft(progress)
  const parts: Part[] = [
    ...(total
      ? [bar(done / Math.max(1, total.items), color), { rank: 1, text: `${percentOf(done, total.items)}%` }]
      : []),
    { rank: 0, text: total ? `${number(done)}/${shownTotal(total)}` : `${number(done)} done` },
    { rank: 5, text: `${number(counts.success)} ok` },
    ...(counts.failed > 0 ? [painted(2, `${number(counts.failed)} failed`, color)] : []),
    ...(counts.skipped > 0 ? [{ rank: 6, text: `${number(counts.skipped)} skipped` }] : []),
    ...(recovered > 0 ? [{ rank: 8, text: `${number(recovered)} recovered` }] : []),
    ...(retries > 0 ? [{ rank: 9, text: counted(retries) }] : []),
    { rank: 7, text: `${number(rateOf(progress))}/s` },
    ...(rest === undefined ? [] : [{ rank: 3, text: `${duration(rest)} left` }]),
  ]
  return fitting(parts, columns - 1)
    .map(({ text, shown }) => shown ?? text)
    .join('  ')
}

// ---

const NONE: Readonly<Counts> = { success: 0, skipped: 0, failed: 0 }
const BAR = 12
/** Before that a guess is nonsense. */
const FIRST_GUESS_MS = 500

/** The lowest rank is left out last. `shown`: with its colours, which take no room. */
interface Part {
  readonly rank: number
  readonly text: string
  readonly shown?: string
}

function fitting(parts: readonly Part[], room: number): Part[] {
  const taken = new Set<Part>()
  let used = 0
  for (const part of [...parts].sort((a, b) => a.rank - b.rank)) {
    const needs = part.text.length + (taken.size > 0 ? 2 : 0)
    if (used + needs > room) continue
    used += needs
    taken.add(part)
  }
  return parts.filter((part) => taken.has(part))
}

function bar(part: number, color: boolean): Part {
  const full = Math.min(BAR, Math.floor(part * BAR))
  const empty = '░'.repeat(BAR - full)
  return { rank: 4, text: `${'█'.repeat(full)}${empty}`, shown: paint('█'.repeat(full), 'cyan', color) + empty }
}

function painted(rank: number, text: string, color: boolean): Part {
  return { rank, text, shown: paint(text, 'red', color) }
}

function howTheyEnded({ success, failed, skipped }: Readonly<Counts>): string {
  return `${number(success)} ok, ${number(failed)} failed, ${number(skipped)} skipped`
}

/** What did not end an item, but is worth a look. */
function asides({ retries, recovered }: Pick<BatchProgress, 'retries' | 'recovered'>): string[] {
  return [
    ...(retries > 0 ? [counted(retries)] : []),
    ...(recovered > 0 ? [`${number(recovered)} ${recovered === 1 ? 'failure' : 'failures'} recovered`] : []),
  ]
}

function counted(retries: number): string {
  return `${number(retries)} ${retries === 1 ? 'retry' : 'retries'}`
}

function shownTotal({ items, isAbout }: NonNullable<BatchProgress['total']>): string {
  return `${isAbout ? '~' : ''}${number(items)}`
}

/** Not 100 before the last one. */
function percentOf(done: number, total: number): number {
  return total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100))
}

/** Of this process, to one digit where it is slow. */
function rateOf({ counts, elapsedMs, doneBefore }: Omit<BatchProgress, 'total'>): number {
  const rate = elapsedMs > 0 ? Math.max(0, sum(counts) - doneBefore) / (elapsedMs / 1000) : 0
  return rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate)
}

function timeLeft({ counts, total, elapsedMs, doneBefore }: BatchProgress): number | undefined {
  const done = sum(counts)
  const here = done - doneBefore
  if (!total || here <= 0 || done >= total.items || elapsedMs < FIRST_GUESS_MS) return undefined
  return (elapsedMs / here) * (total.items - done)
}

function sum({ success, skipped, failed }: Readonly<Counts>): number {
  return success + skipped + failed
}
