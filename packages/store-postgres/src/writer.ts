// Group commit: what waits is one statement, one commit and one sync to the disk; two statements may be under way at once.
//
// W1  A journal's next row is not sent before the answer to the one before, nor is anything of a run whose row is being
//     written.
// W2  A batch is refused (CONFLICT, NOT_FOUND) only by rows that were read, or written by us, after it was handed in.
// W3  Where a connection breaks under a statement, its rows are looked for by their marks before they are sent again. What
//     their journals look like is read before that: whatever the lost statement does later fails at the fence, or makes ours
//     fail, and we look again.
// W4  A statement that fails is tried again batch by batch: one that cannot be written harms no other.

import { FlowError, isEnded, type JournalParts, type RunRow } from '@stepflow/engine'
import type { Connection } from './connection.ts'
import { closedStore, isBroken, isCollision, storeFailure } from './failure.ts'
import { type Appended, Group, type GroupRow, type GroupShard, Unknown } from './group.ts'
import { type GroupAnswer, groupStatement } from './group-statement.ts'
import { type Job, journalsOf, newJob } from './job.ts'
import { journalOf } from './journal-names.ts'
import { findMarked, MARKS, type MarkedRow } from './marks.ts'
import type { States } from './states.ts'
import { fromText } from './text.ts'

export interface WriterOptions {
  readonly name: string
  readonly connections: readonly Connection[]
  readonly states: States
  readonly now: () => number
  /** Before the first statement: our name as a driver, and what is added to the numbers of transactions. */
  readonly begin: () => Promise<{ readonly driver: string; readonly base: number }>
  /** Rows of ours that are committed. */
  readonly written: (tx: number, rows: readonly WrittenRow[], news: News) => void
  /** See `newFirstMark`. */
  readonly firstMark: number
}

/** A row of ours, and where it stood in its statement. */
export type WrittenRow = Pick<GroupRow, 'row' | 'place'>

/** What else was written, or may have been. */
export interface News {
  /** Some journal may be due, for whoever has room. */
  readonly isWoken: boolean
  /** A journal has come to its end. */
  readonly hasEnded: boolean
  readonly isLogged: boolean
}

const LARGEST_GROUP = 512
const LARGEST_BYTES = 4 * 1024 * 1024
/** How far the queue is searched for what may go. */
const SEARCHED = 4 * LARGEST_GROUP
const MOST_COLLISIONS = 50
/** For so long we look for rows whose answer was lost; then whoever handed them in looks himself. */
const UNCERTAIN_MS = 20_000
const LOOK_AGAIN_MS = 100

export class Writer {
  readonly #options: WriterOptions
  #queue: Job[] = []
  readonly #free: Connection[]
  readonly #busyJournals = new Set<string>()
  readonly #busyRuns = new Set<string>()
  /** Journals that are being read: none is read twice at once. */
  readonly #loading = new Set<string>()
  #tick = 0
  #marks = 0
  #isScheduled = false
  #isClosed = false
  #begun: { readonly driver: string; readonly base: number } | undefined
  #beginning: Promise<void> | undefined
  #underWay = 0
  #onIdle: (() => void)[] = []

  constructor(options: WriterOptions) {
    this.#options = options
    this.#free = [...options.connections]
  }

  write(appended: readonly Appended[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedStore(this.#options.name))
    return new Promise((resolve, reject) => {
      const mark = this.#options.firstMark + (this.#marks++ % MARKS)
      this.#queue.push(newJob({ appended, mark, tick: ++this.#tick, resolve, reject }))
      this.#schedule()
    })
  }

  /** Something is about to be written to these journals, which somebody else has written: what has to be known is read now. */
  expect(journals: readonly JournalParts[]): void {
    const { states } = this.#options
    const isUnknown = ({ run, part }: JournalParts) => !states.run(run) || !states.shard(run, part)
    const isBusy = ({ run, part }: JournalParts) => this.#busyRuns.has(run) || this.#loading.has(journalOf(run, part))
    const unknown = journals.filter((one) => isUnknown(one) && !isBusy(one))
    if (unknown.length === 0 || this.#isClosed) return
    // What cannot be read is read when it is needed.
    void this.#read(unknown, () => states.load(unknown, ++this.#tick).catch(() => {}))
  }

  /** Takes nothing more; resolves when everything that was handed in has been answered. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#queue.length + this.#underWay > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#free.length > 0) {
      const begun = this.#begun
      if (!begun) return void this.#begin()
      const { group, jobs } = this.#compose()
      if (jobs.length === 0) break
      void this.#send(group, jobs, begun)
    }
    if (this.#queue.length + this.#underWay === 0) for (const idle of this.#onIdle.splice(0)) idle()
  }

  #begin(): Promise<void> {
    this.#beginning ??= this.#options.begin().then(
      (begun) => {
        this.#begun = begun
        this.#pump()
      },
      (error) => {
        this.#beginning = undefined
        this.#rejectAll(this.#queue.splice(0), error)
      },
    )
    return this.#beginning
  }

  // --- composing

  #compose(): { readonly group: Group; readonly jobs: readonly Sent[] } {
    const group = new Group(this.#options.states)
    const jobs: Sent[] = []
    const left: Job[] = []
    const toLoad: Job[] = []
    const toCheck: Job[] = []
    const blocked = new Set<string>()
    const queue = this.#queue
    let at = 0
    for (; at < queue.length && at < SEARCHED && jobs.length < LARGEST_GROUP && group.bytes < LARGEST_BYTES; at++) {
      const job = queue[at] as Job
      const outcome = this.#place(job, group, blocked, jobs.length)
      if (outcome === 'refused') continue
      if (typeof outcome === 'object') {
        jobs.push({ job, shards: outcome })
        if (!job.isAlone) continue
        at++
        break
      }
      left.push(job)
      // What stands behind it in the queue, of the same journals, waits for it.
      for (const { batch } of job.appended) blocked.add(batch.journal)
      if (outcome === 'unknown') toLoad.push(job)
      if (outcome === 'unchecked') toCheck.push(job)
    }
    this.#queue = at < queue.length ? left.concat(queue.slice(at)) : left
    if (toLoad.length > 0) void this.#load(toLoad)
    if (toCheck.length > 0) void this.#check(toCheck)
    return { group, jobs }
  }

  #place(
    job: Job,
    group: Group,
    blocked: ReadonlySet<string>,
    count: number,
  ): readonly GroupShard[] | 'refused' | 'waits' | 'unknown' | 'unchecked' {
    for (const { batch, parts } of job.appended) {
      const { journal } = batch
      if (this.#busyJournals.has(journal) || this.#loading.has(journal) || this.#busyRuns.has(parts.run)) return 'waits'
      if (blocked.has(journal)) return 'waits'
    }
    if (job.isAlone && count > 0) return 'waits'
    if (job.uncertainSince !== undefined && !job.isChecked) return 'unchecked'
    try {
      const added = group.add(job.appended, job.mark, job.isTried)
      return added instanceof Unknown ? 'unknown' : added
    } catch (error) {
      if (!FlowError.is(error)) {
        job.reject(error)
        return 'refused'
      }
      // W2.
      if (job.appended.some(({ parts }) => group.touches(parts))) return 'waits'
      if (this.#isFresh(job)) {
        job.reject(error)
        return 'refused'
      }
      this.#distrust(job)
      return 'unknown'
    }
  }

  #isFresh({ appended, tick }: Job): boolean {
    const { states } = this.#options
    return appended.every(({ parts: { run, part } }) => {
      const [ofRun, ofShard] = [states.run(run), states.shard(run, part)]
      return ofRun !== undefined && ofShard !== undefined && ofRun.tick > tick && ofShard.tick > tick
    })
  }

  #distrust(job: Job): void {
    job.isTried = true
    job.isChecked = false
    for (const { parts } of job.appended) {
      this.#options.states.forgetRun(parts.run)
      this.#options.states.forgetShard(parts.run, parts.part)
    }
  }

  // --- reading what has to be known

  #load(jobs: readonly Job[]): Promise<void> {
    const journals = journalsOf(jobs)
    return this.#read(journals, async () => {
      try {
        await this.#options.states.load(journals, ++this.#tick)
      } catch (error) {
        this.#giveUp(jobs, error)
      }
    })
  }

  /** W3. */
  #check(jobs: readonly Job[]): Promise<void> {
    const journals = journalsOf(jobs)
    return this.#read(journals, async () => {
      try {
        await this.#options.states.load(journals, ++this.#tick)
        const connection = this.#options.connections[0] as Connection
        const marks = jobs.map(({ mark }) => mark)
        const found = await findMarked(connection, journals, marks)
        for (const job of jobs) this.#recognize(job, found)
      } catch (error) {
        const isLate = (job: Job) => performance.now() - (job.uncertainSince ?? 0) > UNCERTAIN_MS
        if (isBroken(error)) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
        const late = jobs.filter((job) => !isBroken(error) || isLate(job) || this.#isClosed)
        this.#giveUp(late, error)
      }
    })
  }

  /** Nothing of the journals is sent while `read`, which does not reject, is under way. */
  async #read(journals: readonly JournalParts[], read: () => Promise<void>): Promise<void> {
    const names = journals.map(({ run, part }) => journalOf(run, part))
    for (const name of names) this.#loading.add(name)
    this.#underWay++
    await read()
    this.#underWay--
    for (const name of names) this.#loading.delete(name)
    this.#pump()
  }

  #recognize(job: Job, records: readonly MarkedRow[]): void {
    job.isChecked = true
    const ours = records.filter(({ mark }) => mark === job.mark)
    if (ours.length === 0) return
    this.#queue = this.#queue.filter((other) => other !== job)
    for (const { run, part, seq, tx, place } of ours) {
      const journal = journalOf(fromText(run), part)
      const { batch } = job.appended.find((one) => one.batch.journal === journal) as Appended
      const row = { journal, seq, entries: batch.entries }
      this.#options.written(tx, [{ place, row }], { isWoken: true, hasEnded: true, isLogged: true })
    }
    job.resolve()
  }

  #giveUp(jobs: readonly Job[], error: unknown): void {
    const gone = new Set(jobs)
    this.#queue = this.#queue.filter((job) => !gone.has(job))
    this.#rejectAll(jobs, error)
  }

  #rejectAll(jobs: readonly Job[], error: unknown): void {
    for (const { reject } of jobs) reject(storeFailure(error, this.#options.name, 'write to'))
  }

  // --- sending

  async #send(group: Group, sent: readonly Sent[], begun: { driver: string; base: number }): Promise<void> {
    const connection = this.#free.pop() as Connection
    const journals = group.shards.map(({ run, part }) => journalOf(run, part))
    const runs = group.runs.filter(({ isWritten }) => isWritten).map(({ id }) => id)
    for (const journal of journals) this.#busyJournals.add(journal)
    for (const run of runs) this.#busyRuns.add(run)
    this.#underWay++
    let isSent = false
    try {
      const statement = groupStatement(group, { ...begun, now: this.#options.now() })
      await connection.ensure()
      isSent = true
      const [answer] = await connection.query<GroupAnswer>(statement)
      this.#release(connection, journals, runs)
      this.#answered(group, sent, answer as GroupAnswer)
    } catch (error) {
      this.#release(connection, journals, runs)
      this.#failed(sent, error, isSent)
    }
    this.#pump()
  }

  #release(connection: Connection, journals: readonly string[], runs: readonly string[]): void {
    this.#underWay--
    this.#free.push(connection)
    for (const journal of journals) this.#busyJournals.delete(journal)
    for (const run of runs) this.#busyRuns.delete(run)
  }

  #answered(group: Group, sent: readonly Sent[], { done, tx }: GroupAnswer): void {
    const { states, written } = this.#options
    const isDone = new Uint8Array(group.shards.length)
    for (const n of done ?? []) isDone[n] = 1
    const tick = ++this.#tick
    for (const shard of group.shards) {
      const { n, run, part, ofRun } = shard
      if (!isDone[n]) continue
      states.putShard(run, part, shard, tick)
      if (ofRun.isWritten) states.putRun(run, { row: ofRun.row, version: ofRun.expected + 1 }, tick)
    }
    for (const { n, ofRun } of group.shards) {
      if (isDone[n] && ofRun.isWritten && isEnded(ofRun.row.status)) states.ended(ofRun.row)
    }
    const rows: WrittenRow[] = []
    for (const { shard, row, place } of group.rows) if (isDone[shard.n]) rows.push({ row, place })
    const ended = group.shards.filter(({ n, isOpen }) => isDone[n] === 1 && !isOpen)
    // What has a share of its run makes room for another of the run, anywhere; of a cancelled one, others are still to be ended.
    const mayHaveMore = ({ status }: RunRow) => !isEnded(status) || status === 'cancelled'
    const hasShareEnded = ended.some(({ shares, ofRun }) => shares !== undefined && mayHaveMore(ofRun.row))
    const isWoken = hasShareEnded || group.wakes.length + group.signalled.length > 0
    written(tx, rows, { isWoken, hasEnded: ended.length > 0, isLogged: group.lines.length > 0 })
    const again: Job[] = []
    for (const { job, shards } of sent) {
      if (shards.every(({ n }) => isDone[n])) job.resolve()
      else {
        this.#distrust(job)
        again.push(job)
      }
    }
    if (again.length > 0) this.#queue = again.concat(this.#queue)
  }

  #failed(sent: readonly Sent[], error: unknown, isSent: boolean): void {
    const jobs = sent.map(({ job }) => job)
    for (const job of jobs) this.#distrust(job)
    // Not sent, or refused for a reason that is not in the batches.
    const isLost = isSent && isBroken(error)
    if (isLost) {
      for (const job of jobs) job.uncertainSince ??= performance.now()
    } else if (!isSent) {
      // What was sent once before may be there all the same: it is looked for.
      const isUncertain = (job: Job) => job.uncertainSince !== undefined
      this.#rejectAll(
        jobs.filter((job) => !isUncertain(job)),
        error,
      )
      this.#queue = jobs.filter(isUncertain).concat(this.#queue)
      return
    } else if (isCollision(error)) {
      const tooMany = jobs.filter((job) => ++job.collisions > MOST_COLLISIONS)
      this.#rejectAll(tooMany, error)
      for (const job of jobs) job.isAlone = job.collisions > 2
      this.#queue = jobs.filter((job) => job.collisions <= MOST_COLLISIONS).concat(this.#queue)
      return
    } else if (jobs.length === 1) {
      return this.#rejectAll(jobs, error)
    } else {
      for (const job of jobs) job.isAlone = true
    }
    // In their old place: who hands in two rows of one journal counts on their order.
    this.#queue = jobs.concat(this.#queue)
  }
}

// ---

interface Sent {
  readonly job: Job
  readonly shards: readonly GroupShard[]
}
