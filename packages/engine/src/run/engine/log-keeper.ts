// Keeps what is logged in the runs of this process until it is written: with the next row of the run, or by itself after a
// moment. A run that logs nothing costs nothing here.
//
// L1  A line is written once, unless the answer of a store that is away was lost; a crash may lose the last moment.
// L2  An attempt and a line have bounds, and so has what waits here; what is over them is counted, and a line says so. (That
//     of the run is the store's.)
// L3  No line keeps a run from going on: one that is no JSON is made some.

import type { Clock } from '../../clock.ts'
import type { LogLevel } from '../../component/plugin.ts'
import { errorValue } from '../../errors.ts'
import type { RunId } from '../../journal/events.ts'
import { isPromise, type Json, type MaybePromise } from '../../json.ts'
import { isAway } from '../../store/patience.ts'
import { LOG_LEVELS, type LogLine } from '../../store/run-log.ts'
import type { Batch, Store } from '../../store/store.ts'

/** What the lines of one attempt may take. */
export const ATTEMPT_LOG_BYTES = 64 * 1024

/** Of which attempt a line is. */
export type LogPlace = Pick<LogLine, 'item' | 'step' | 'visit' | 'attempt' | 'inside' | 'element'>

export interface LogKeeperOptions {
  readonly store: Store
  readonly clock: Clock
  readonly warn: (message: string) => void
}

export class LogKeeper {
  readonly #options: LogKeeperOptions
  readonly #pending = new Map<RunId, Pending>()
  readonly #writing = new Set<Promise<void>>()
  /** Until when it has been said of runs that nothing of them could be written. */
  readonly #saidUntil = new Map<RunId, number>()
  #cancelTimer: (() => void) | undefined
  #isClosed = false

  constructor(options: LogKeeperOptions) {
    this.#options = options
  }

  /** Answers what it takes. */
  keep(run: RunId, level: LogLevel, message: string, data: Json | undefined, place: LogPlace = NOWHERE): number {
    if (this.#isClosed) return 0
    const { store, clock } = this.#options
    const { shown, written, bytes } = bounded(message, data)
    const line: LogLine = {
      at: clock.now(),
      level: LOG_LEVELS.includes(level) ? level : 'info',
      message: shown,
      ...(written === undefined ? {} : { data: JSON.parse(written) as Json }),
      ...place,
      ...(store.node === undefined ? {} : { node: store.node }),
    }
    const pending = this.#pending.get(run) ?? { lines: [], bytes: 0, dropped: 0 }
    this.#pending.set(run, pending)
    if (pending.bytes + bytes > MOST_PENDING) pending.dropped++
    else {
      pending.lines.push(line)
      pending.bytes += bytes
    }
    if (pending.bytes > MANY_PENDING && this.#writing.size === 0) this.#flush(run)
    else this.#arm()
    return bytes
  }

  /** Nothing of the run could be written from then until now; of several journals that waited for the same, it is said once. */
  heldUp(run: RunId, since: number, failure: unknown): void {
    const now = this.#options.clock.now()
    if (since < (this.#saidUntil.get(run) ?? Number.NEGATIVE_INFINITY)) return
    if (this.#saidUntil.size >= MOST_RUNS) this.#saidUntil.clear()
    this.#saidUntil.set(run, now)
    const why = failure === undefined ? 'the store did not answer' : errorValue(failure).message
    const message = `the store kept what this run does waiting for ${Math.round((now - since) / 1000)} s: ${why}`
    this.keep(run, 'warning', message, undefined)
  }

  /** Appends a row, with the lines of its run that wait here. */
  append(run: RunId, batch: Batch): MaybePromise<void> {
    const { store } = this.#options
    const log = this.#pending.size === 0 ? undefined : this.#take(run)
    if (!log) return store.append(batch)
    const refused = (error: unknown): never => {
      this.#giveBack(run, log)
      throw error
    }
    try {
      const appended = store.append({ ...batch, log })
      return isPromise(appended) ? appended.catch(refused) : appended
    } catch (error) {
      return refused(error)
    }
  }

  /** Resolves when all lines are written, as far as the store takes them; takes no others. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#flushAll()
    await Promise.all(this.#writing)
    this.#cancelTimer?.()
  }

  // ---

  #take(run: RunId): LogLine[] | undefined {
    const pending = this.#pending.get(run)
    if (!pending) return undefined
    this.#pending.delete(run)
    const { lines, dropped } = pending
    if (dropped > 0) {
      const message = `${count(dropped)} left out: more was logged at once than the store could take`
      lines.push({ at: this.#options.clock.now(), level: 'warning', message })
    }
    return lines
  }

  #giveBack(run: RunId, lines: readonly LogLine[]): void {
    const { lines: later, bytes, dropped } = this.#pending.get(run) ?? { lines: [], bytes: 0, dropped: 0 }
    // As many as they were before: what waits is bounded all the same.
    this.#pending.set(run, { lines: [...lines, ...later], bytes: bytes + MANY_PENDING, dropped })
    this.#arm()
  }

  #arm(): void {
    this.#cancelTimer ??= this.#options.clock.timer(FLUSH_MS, () => {
      this.#cancelTimer = undefined
      this.#flushAll()
    })
  }

  #flushAll(): void {
    for (const run of [...this.#pending.keys()]) this.#flush(run)
  }

  #flush(run: RunId): void {
    const lines = this.#take(run)
    if (!lines) return
    const writing = this.#write(run, lines).finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
  }

  async #write(run: RunId, lines: readonly LogLine[]): Promise<void> {
    const { store, warn } = this.#options
    try {
      await store.logs.add(run, lines)
    } catch (error) {
      if (isAway(error) && !this.#isClosed) this.#giveBack(run, lines)
      else warn(`${count(lines.length)} not kept in the log of run ${run}: ${errorValue(error).message}`)
    }
  }
}

/** What one attempt logs. */
export class AttemptLog {
  readonly #keeper: LogKeeper
  readonly #run: RunId
  readonly #place: LogPlace
  #bytes = 0
  #dropped = 0

  constructor(keeper: LogKeeper, run: RunId, place: LogPlace) {
    this.#keeper = keeper
    this.#run = run
    this.#place = place
  }

  keep(level: LogLevel, message: string, data: Json | undefined): void {
    if (this.#bytes >= ATTEMPT_LOG_BYTES) this.#dropped++
    else this.#bytes += this.#keeper.keep(this.#run, level, message, data, this.#place)
  }

  /** The attempt is over: tells what was left out. */
  end(): void {
    if (this.#dropped === 0) return
    const message = `${count(this.#dropped)} left out: an attempt may log ${ATTEMPT_LOG_BYTES / 1024} KiB`
    this.#dropped = 0
    this.#keeper.keep(this.#run, 'warning', message, undefined, this.#place)
  }
}

// ---

interface Pending {
  readonly lines: LogLine[]
  bytes: number
  dropped: number
}

const NOWHERE: LogPlace = {}
/** The longest that a line waits; milliseconds. */
const FLUSH_MS = 500
/** Of one run: when they are written at once, and how much waits at most. */
const MANY_PENDING = 256 * 1024
const MOST_PENDING = 1024 * 1024
/** Of one line; the rest of its message is cut off, and larger data left out. */
const MOST_CHARACTERS = 16 * 1024
/** Of so many it is known what was said. */
const MOST_RUNS = 1_000
/** What a line takes beside its message and data. */
const LINE_BYTES = 100

/** A message and data that may be kept, whatever a component logged. */
function bounded(
  given: unknown,
  data: unknown,
): { readonly shown: string; readonly written: string | undefined; readonly bytes: number } {
  let message = typeof given === 'string' ? given : String(given)
  let written = textOf(data)
  if (message.length > MOST_CHARACTERS) {
    const over = message.length - MOST_CHARACTERS
    message = `${message.slice(0, MOST_CHARACTERS)}... (${over.toLocaleString('en-US')} characters are left out)`
  }
  if (written !== undefined && written.length > MOST_CHARACTERS) {
    message += ` (its data of ${written.length.toLocaleString('en-US')} characters is left out)`
    written = undefined
  }
  return { shown: message, written, bytes: LINE_BYTES + message.length + (written?.length ?? 0) }
}

/** Undefined too for what has no JSON. */
function textOf(data: unknown): string | undefined {
  try {
    return data === undefined ? undefined : JSON.stringify(data)
  } catch {
    return JSON.stringify(`[${typeof data} that is no JSON]`)
  }
}

function count(lines: number): string {
  return lines === 1 ? '1 line was' : `${lines.toLocaleString('en-US')} lines were`
}
