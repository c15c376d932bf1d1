// One disk, and the stores of the processes that share it: slow, interrupted at any append, woken twice. Keeps rows in a
// memory store; adds what a shared store decides: who holds a journal, who is woken, what others learn when.

import { FlowError } from '../errors.ts'
import type { JournalId } from '../journal/events.ts'
import { isEnded } from '../journal/project.ts'
import { createMemoryStore } from '../store/memory.ts'
import type { Batch, Cursor, JournalRow, RunRow, Store, Wake } from '../store/store.ts'
import type { Process, World } from './sim-world.ts'

type Drive = (journal: JournalId, signal: AbortSignal) => Promise<Wake | null>

/** How slow the disk is; both ends in milliseconds. */
export interface DiskSpeed {
  readonly appendMs: readonly [least: number, most: number]
  readonly readMs: readonly [least: number, most: number]
}

/** What befalls an append. */
export type AppendFault = 'crash-before' | 'crash-after' | 'error-before' | 'error-after'

export class SimDisk {
  readonly world: World
  readonly rows: Store
  readonly #speed: DiskSpeed
  readonly #holders = new Map<JournalId, Process>()
  /** Who was woken last for a journal, until it is put down. */
  readonly #turns = new Map<JournalId, symbol>()
  readonly #wakes = new Map<JournalId, number>()
  readonly #workers = new Map<Process, Drive>()
  readonly #watchers = new Map<Process, Set<(row: JournalRow) => void>>()
  /** Rows that a process has not heard of yet. */
  readonly #news = new Map<Process, JournalRow[]>()
  /** Decides, before each append, whether something befalls it. */
  fault: (process: Process) => AppendFault | undefined = () => undefined
  /** Told of every row that is kept, by whom. */
  onRow: (row: JournalRow, by: Process) => void = () => {}

  constructor(world: World, speed: DiskSpeed) {
    this.world = world
    this.#speed = speed
    this.rows = createMemoryStore({
      durable: true,
      clock: { now: () => world.now, timer: () => () => {}, soon: () => {} },
    })
  }

  /** The store as one process has it. */
  open(process: Process): Store {
    const { rows } = this
    const watchers = new Set<(row: JournalRow) => void>()
    this.#watchers.set(process, watchers)
    process.onDeath(() => {
      this.#watchers.delete(process)
      this.#workers.delete(process)
    })
    const read = <T>(make: () => T): T | Promise<T> => {
      const ms = this.#chance(this.#speed.readMs)
      return ms === 0 ? make() : process.later(ms, make)
    }
    return {
      durable: true,
      keepsSteps: true,
      driver: process.name,
      append: (batch) => this.#append([batch], process),
      appendAll: (batches) => this.#append(batches, process),
      read: (journal, from) => read(() => rows.read(journal, from)) as Promise<readonly JournalRow[]>,
      work: (drive) => this.#work(process, drive),
      putDown: (wake) => this.#putDown(wake, process),
      runs: {
        list: (query) => rows.runs.list(query),
        statuses: (run, from, limit) => rows.runs.statuses(run, from, limit),
        cached: (key, now) => rows.runs.cached(key, now),
        open: (run) => rows.runs.open(run),
        remove: (run) => rows.runs.remove(run),
        get: (run) => read(() => rows.runs.get(run)) as ReturnType<Store['runs']['get']>,
        items: (run, from, limit, statuses) =>
          read(() => rows.runs.items(run, from, limit, statuses)) as ReturnType<Store['runs']['items']>,
        shards: (run) => read(() => rows.runs.shards(run)) as ReturnType<Store['runs']['shards']>,
      },
      blobs: rows.blobs,
      records: rows.records,
      cursor: () => rows.cursor(),
      watch: ({ run }, listener) => {
        const told = (row: JournalRow) => {
          if (run === undefined || runOf(row.journal) === run) listener(row, rows.cursor() as Cursor)
        }
        watchers.add(told)
        return () => watchers.delete(told)
      },
      close: () => {},
    }
  }

  /** Journals of a driver that has gone silent are anybody's. */
  adopt(from: Process): void {
    for (const [journal, holder] of this.#holders) {
      if (holder !== from) continue
      this.#holders.delete(journal)
      this.#wake(journal, this.world.now)
    }
  }

  /** Calls a process for a journal that nobody asked it to drive. */
  wakeTwice(process: Process, journal: JournalId): void {
    const drive = this.#workers.get(process)
    if (!drive) return
    this.world.note(() => `${process.name} is woken for ${journal} out of turn`)
    process.after(0, () => void this.#drive(process, drive, journal))
  }

  async #append(batches: readonly Batch[], process: Process): Promise<void> {
    const fault = this.fault(process)
    const names = batches.map(({ journal }) => journal).join(', ')
    return process
      .later(this.#chance(this.#speed.appendMs), () => {
        if (fault === 'crash-before') {
          process.crash(`before a row of ${names} was kept`)
          return
        }
        if (fault === 'error-before') throw new FlowError('RESOURCE_UNAVAILABLE', 'the disk is full')
        this.#keepAll(batches, process)
        if (fault === 'crash-after') process.crash(`after a row of ${names} was kept`)
        if (fault === 'error-after') throw new FlowError('RESOURCE_UNAVAILABLE', 'the disk does not answer')
      })
      .then((answer) => (process.isDead ? new Promise(() => {}) : answer))
  }

  #keepAll(batches: readonly Batch[], process: Process): void {
    this.rows.appendAll(batches)
    for (const batch of batches) this.#keep(batch, process)
  }

  #keep(batch: Batch, process: Process): void {
    const row = (this.rows.read(batch.journal) as readonly JournalRow[]).at(-1) as JournalRow
    this.onRow(row, process)
    if (row.seq === 0 || batch.entries.some((entry) => entry.type === 'claimed')) {
      this.#holders.set(batch.journal, process)
    }
    this.#letGo(batch.journal)
    for (const wake of batch.wakes ?? []) this.#wake(wake.journal, wake.at)
    if (batch.entries.some((entry) => entry.type === 'signalled')) {
      for (const journal of this.#openOf(runOf(batch.journal))) this.#wake(journal, this.world.now)
    }
    this.#tell(row, process)
  }

  /** A journal whose work is done is held by nobody. */
  #letGo(journal: JournalId): void {
    if (this.#openOf(runOf(journal)).includes(journal)) return
    this.#holders.delete(journal)
    this.#wakes.delete(journal)
  }

  /** Also of a run that was cancelled: its items in flight are still to be ended. */
  #openOf(run: string): JournalId[] {
    const shards = this.rows.runs.shards(run) as Awaited<ReturnType<Store['runs']['shards']>>
    const isTaking = (this.rows.runs.get(run) as RunRow | undefined)?.items.total === -1
    return shards
      .filter(({ journal, items, done }) => done < items || (isTaking && journal.endsWith('/0')))
      .map(({ journal }) => journal)
  }

  #tell(row: JournalRow, by: Process): void {
    for (const [process, watchers] of this.#watchers) {
      const news = this.#news.get(process) ?? []
      this.#news.set(process, news)
      news.push(row)
      // In the order of writing: whoever hears of its own row has heard of those before it.
      const tell = () => {
        for (let next = news.shift(); next; next = news.shift()) for (const watcher of [...watchers]) watcher(next)
      }
      if (process === by) tell()
      else process.after(20, tell)
    }
  }

  #work(process: Process, drive: Drive): { stop(): Promise<void> } {
    this.#workers.set(process, drive)
    for (const [journal, at] of this.#wakes) this.#wake(journal, at)
    return {
      stop: async () => {
        this.#workers.delete(process)
      },
    }
  }

  #putDown(wake: Wake, process: Process): void {
    if (Number.isFinite(wake.at)) this.#wake(wake.journal, wake.at)
    if (this.#holders.get(wake.journal) !== process) return
    this.#holders.delete(wake.journal)
    this.#turns.delete(wake.journal)
    const pending = this.#wakes.get(wake.journal)
    if (pending !== undefined) this.#wake(wake.journal, pending)
  }

  #wake(journal: JournalId, at: number): void {
    const known = this.#wakes.get(journal)
    this.#wakes.set(journal, known === undefined ? at : Math.min(known, at))
    this.world.after(at - this.world.now, () => this.#takeDue(journal))
  }

  #takeDue(journal: JournalId): void {
    const at = this.#wakes.get(journal)
    if (at === undefined || at > this.world.now || this.#holders.has(journal)) return
    const workers = [...this.#workers]
    if (workers.length === 0) return
    const [process, drive] = this.world.chance.one(workers)
    this.#wakes.delete(journal)
    this.#holders.set(journal, process)
    process.after(this.#chance(this.#speed.readMs), () => void this.#drive(process, drive, journal))
  }

  async #drive(process: Process, drive: Drive, journal: JournalId): Promise<void> {
    this.world.note(() => `${process.name} is woken for ${journal}`)
    const turn = Symbol(journal)
    this.#turns.set(journal, turn)
    const wake = await drive(journal, new AbortController().signal)
    // Put down before, it may be driven again by now.
    if (wake && !process.isDead && this.#turns.get(journal) === turn) this.#putDown(wake, process)
  }

  #chance([least, most]: readonly [number, number]): number {
    return least === most ? least : this.world.chance.int(least, most)
  }
}

/** Has the run ended, as the disk has it? */
export function hasEnded(disk: SimDisk, run: string): boolean {
  const row = disk.rows.runs.get(run) as Awaited<ReturnType<Store['runs']['get']>>
  return row !== undefined && isEnded(row.status)
}

// ---

function runOf(journal: JournalId): string {
  return journal.slice(0, journal.lastIndexOf('/'))
}
