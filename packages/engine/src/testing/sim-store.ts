// One disk, and the stores of the processes that share it: slow, out of reach, interrupted at any call, woken twice. Keeps
// rows in a memory store; adds what a shared store decides: who holds a journal, who is woken, what others learn when.

import { FlowError } from '../errors.ts'
import type { JournalId } from '../journal/events.ts'
import { runOfJournal } from '../journal/journal-name.ts'
import { isEnded } from '../journal/project.ts'
import type { Drive } from '../store/driving.ts'
import { createMemoryStore } from '../store/memory.ts'
import type { Batch, Cursor, JournalRow, RunRow, Store, Wake } from '../store/store.ts'
import type { StoreCall, StoreFault } from './sim-faults.ts'
import type { Process, World } from './sim-world.ts'

/** How slow the disk is; both ends in milliseconds. */
export interface DiskSpeed {
  readonly appendMs: readonly [least: number, most: number]
  readonly readMs: readonly [least: number, most: number]
  /** Whoever has room drives what is begun: so many journals each. Absent: who begins a run drives it. */
  readonly capacity?: number | undefined
}

export class SimDisk {
  readonly world: World
  readonly rows: Store
  readonly #speed: DiskSpeed
  readonly #holders = new Map<JournalId, Process>()
  /** Of a journal: so many of its run's may be held at once. */
  readonly #shares = new Map<JournalId, number>()
  /** Who was woken last for a journal, until it is put down. */
  readonly #turns = new Map<JournalId, symbol>()
  readonly #wakes = new Map<JournalId, number>()
  /** Who is about to be woken. */
  readonly #onTheWay = new Map<JournalId, Process>()
  readonly #drives = new Map<Process, Drive>()
  readonly #watchers = new Map<Process, Set<(row: JournalRow) => void>>()
  /** Rows that a process has not heard of yet. */
  readonly #news = new Map<Process, JournalRow[]>()
  /** Decides, before each call, whether something befalls it. */
  fault: (call: StoreCall, process: Process) => StoreFault | undefined = () => undefined
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
      this.#drives.delete(process)
    })
    const read = <T>(make: () => T): T | Promise<T> => {
      const fault = this.fault('read', process)
      const ms = this.#chance(this.#speed.readMs)
      if (ms === 0 && fault === undefined && !process.isCut) return make()
      return this.#perform('read', process, ms, fault, make)
    }
    return {
      durable: true,
      keepsSteps: true,
      driver: process.name,
      ...(this.#speed.capacity === undefined ? {} : { capacity: this.#speed.capacity }),
      append: (batch) => this.#append([batch], process),
      appendAll: (batches) => this.#append(batches, process),
      read: (journal, from) => read(() => rows.read(journal, from)) as Promise<readonly JournalRow[]>,
      work: (drive) => this.#work(process, drive),
      putDown: (wake) => {
        const fault = this.fault('putDown', process)
        if (fault === undefined && !process.isCut) return this.#putDown(wake, process)
        return this.#perform('putDown', process, 0, fault, () => this.#putDown(wake, process))
      },
      runs: {
        list: (query) => rows.runs.list(query),
        summary: (query) => rows.runs.summary(query),
        statuses: (run, from, limit) => rows.runs.statuses(run, from, limit),
        cached: (key, now) => rows.runs.cached(key, now),
        open: (run) => read(() => rows.runs.open(run)) as ReturnType<Store['runs']['open']>,
        remove: (run) => rows.runs.remove(run),
        get: (run) => read(() => rows.runs.get(run)) as ReturnType<Store['runs']['get']>,
        items: (run, from, limit, statuses) =>
          read(() => rows.runs.items(run, from, limit, statuses)) as ReturnType<Store['runs']['items']>,
        shard: (journal) => rows.runs.shard(journal),
        shards: (run) => read(() => rows.runs.shards(run)) as ReturnType<Store['runs']['shards']>,
      },
      blobs: rows.blobs,
      records: rows.records,
      logs: rows.logs,
      cursor: () => rows.cursor(),
      rowsAfter: (of) => rows.rowsAfter(of),
      watch: ({ run }, listener) => {
        const told = (row: JournalRow) => {
          if (run === undefined || runOfJournal(row.journal) === run) listener(row, rows.cursor() as Cursor)
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
    const drive = this.#drives.get(process)
    if (!drive) return
    this.world.note(() => `${process.name} is woken for ${journal} out of turn`)
    process.after(0, () => void this.#drive(process, drive, journal))
  }

  #append(batches: readonly Batch[], process: Process): Promise<void> {
    const ms = this.#chance(this.#speed.appendMs)
    return this.#perform('append', process, ms, this.fault('append', process), () => this.#keepAll(batches, process))
  }

  /** A call that takes `ms`, half of it for the answer, with what befalls it on its way. */
  async #perform<T>(
    call: StoreCall,
    process: Process,
    ms: number,
    fault: StoreFault | undefined,
    make: () => T,
  ): Promise<T> {
    if (fault !== undefined) this.world.note(() => `${process.name}: its ${call} is ${fault}`)
    const slow = fault === 'slow' ? this.world.chance.int(200, 4_000) : 0
    const back = Math.floor(ms / 2)
    const answer = await process.later(ms - back + slow, () => {
      if (fault === 'crash-before') return this.#die(process, `before its ${call} was heard`)
      if (fault === 'refused' || process.isCut) throw away('the disk is full')
      const made = make()
      return fault === 'crash-after' ? this.#die(process, `after its ${call} was heard`) : made
    })
    const answered = () => {
      if (fault === 'lost' || process.isCut) throw away('the disk does not answer')
      return answer as T
    }
    return process.isDead ? new Promise(() => {}) : back === 0 ? answered() : process.later(back, answered)
  }

  #die(process: Process, why: string): undefined {
    process.crash(why)
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
    // A new journal that is woken is anybody's.
    if (row.seq === 0 && batch.wakes?.some(({ journal }) => journal === batch.journal))
      this.#holders.delete(batch.journal)
    const [first] = batch.entries
    if (first?.type === 'created' && first.share) this.#shares.set(batch.journal, first.share.of)
    this.#letGo(batch.journal)
    for (const wake of batch.wakes ?? []) this.#wake(wake.journal, wake.at)
    if (batch.entries.some((entry) => entry.type === 'signalled')) {
      for (const journal of this.#openOf(runOfJournal(batch.journal))) this.#wake(journal, this.world.now)
    }
    this.#tell(row, process)
  }

  /** A journal whose work is done is held by nobody. */
  #letGo(journal: JournalId): void {
    if (this.#openOf(runOfJournal(journal)).includes(journal)) return
    this.#holders.delete(journal)
    this.#wakes.delete(journal)
    this.#takeAllDue()
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
      const hear = () => {
        // Who cannot reach the disk hears of it afterwards.
        if (process.isCut) process.after(process.cutUntil - this.world.now, hear)
        else tell()
      }
      if (process === by) tell()
      else process.after(20, hear)
    }
  }

  #work(process: Process, drive: Drive): { stop(): Promise<void> } {
    this.#drives.set(process, drive)
    for (const [journal, at] of this.#wakes) this.#wake(journal, at)
    return {
      stop: async () => {
        this.#drives.delete(process)
        // What is on its way to it is for somebody else.
        for (const [journal, to] of this.#onTheWay)
          if (to === process) this.#putDown({ journal, at: this.world.now }, to)
      },
    }
  }

  /** Journals that a process has in hand. */
  heldBy(process: Process): JournalId[] {
    return [...this.#holders].filter(([, holder]) => holder === process).map(([journal]) => journal)
  }

  #putDown(wake: Wake, process: Process): void {
    // What was never written is nobody's.
    if ((this.rows.read(wake.journal) as readonly JournalRow[]).length === 0) return
    if (Number.isFinite(wake.at)) this.#wake(wake.journal, wake.at)
    if (this.#holders.get(wake.journal) !== process) return
    this.#holders.delete(wake.journal)
    this.#turns.delete(wake.journal)
    const pending = this.#wakes.get(wake.journal)
    if (pending !== undefined) this.#wake(wake.journal, pending)
    this.#takeAllDue()
  }

  /** Somebody has room again, or there is a share. */
  #takeAllDue(): void {
    if (this.#speed.capacity === undefined) return
    for (const journal of [...this.#wakes.keys()]) this.#takeDue(journal)
  }

  #hasShare(journal: JournalId): boolean {
    const shares = this.#shares.get(journal)
    if (shares === undefined) return true
    let held = 0
    for (const other of this.#holders.keys()) if (this.#shares.has(other)) held++
    return held < shares
  }

  #hasRoom(process: Process): boolean {
    const { capacity } = this.#speed
    return capacity === undefined || this.heldBy(process).filter((one) => !one.endsWith('/0')).length < capacity
  }

  #wake(journal: JournalId, at: number): void {
    const known = this.#wakes.get(journal)
    this.#wakes.set(journal, known === undefined ? at : Math.min(known, at))
    this.world.after(at - this.world.now, () => this.#takeDue(journal))
  }

  #takeDue(journal: JournalId): void {
    const at = this.#wakes.get(journal)
    if (at === undefined || at > this.world.now || this.#holders.has(journal)) return
    if (!this.#hasShare(journal)) return
    const there = [...this.#drives].filter(([process]) => !process.isCut)
    const drivers = there.filter(([process]) => this.#hasRoom(process))
    // Looked at again as soon as somebody has room.
    if (drivers.length === 0 && there.length > 0) return
    if (drivers.length === 0) {
      // When the disk is back, or somebody has come who works.
      if (this.#drives.size > 0) this.world.after(500, () => this.#takeDue(journal))
      return
    }
    const [process, drive] = this.world.chance.one(drivers)
    this.#wakes.delete(journal)
    this.#holders.set(journal, process)
    this.#onTheWay.set(journal, process)
    process.after(this.#chance(this.#speed.readMs), () => {
      if (this.#onTheWay.get(journal) !== process || this.#drives.get(process) !== drive) return
      this.#onTheWay.delete(journal)
      void this.#drive(process, drive, journal)
    })
  }

  /** Somebody is there who takes journals up. */
  get hasWorkers(): boolean {
    return this.#drives.size > 0
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

function away(message: string): FlowError {
  return new FlowError('RESOURCE_UNAVAILABLE', message)
}

/** Has the run ended, as the disk has it? */
export function hasEnded(disk: SimDisk, run: string): boolean {
  const row = disk.rows.runs.get(run) as Awaited<ReturnType<Store['runs']['get']>>
  return row !== undefined && isEnded(row.status)
}
