// Tasks from their offer to their end: which worker gets which, and whether it still works on it. Knows no gRPC and no process.
//
// 1. A task goes to the worker with the fewest tasks among those that have its component; while there is none, it waits.
// 2. A task that was given out and not claimed when its worker leaves goes to another one, once. A claimed one stays: its
//    worker may come back, and only its heartbeats say that it works.
// 3. Every task ends: completed, failed by its worker, abandoned, or overdue. Overdue is one that no worker has taken for the
//    queue timeout, that runs longer than the execution timeout, or whose worker has missed three heartbeats.
// 4. Ids cannot be guessed: who names a task was given it.

import { randomUUID } from 'node:crypto'
import type { Clock, ComponentInfo } from '@stepflow/engine'
import { type MessageId, rpcCode, type WireError } from '../wire.ts'
import type { ListedComponent } from './component-paths.ts'
import { type Worker, Workers } from './workers.ts'

export interface Call {
  /** Of the request that it is the answer to. */
  readonly call: MessageId
  readonly component: string
  /** What every worker is told of it alike. */
  readonly said: object
}

export type Ended = { readonly result: unknown } | { readonly error: WireError }

export interface Board {
  readonly clock: Clock
  readonly queueTimeoutMs: number
  readonly executionTimeoutMs: number | undefined
  readonly heartbeatMs: number
  /** For messages. */
  readonly queue: string
  settled(call: MessageId, ended: Ended): void
  /** A worker has said what it has. */
  ready(): void
  /** It has shown no sign of life for three heartbeats although it works on a task. */
  silent(worker: Worker): void
  /** It goes on with a task whose time is over. */
  stuck(worker: Worker): void
}

export interface Beat {
  readonly shouldAbort: boolean
  readonly isTakenByAnother: boolean
}

export class TaskBoard {
  readonly #board: Board
  readonly #tasks = new Map<string, Task>()
  readonly #byCall = new Map<MessageId, Task>()
  readonly #waiting = new Set<Task>()
  readonly #workers: Workers<Task>
  #stopTimer: (() => void) | undefined

  constructor(board: Board) {
    this.#board = board
    this.#workers = new Workers(board.clock)
  }

  get hasWorkers(): boolean {
    return !this.#workers.isEmpty
  }

  get isReady(): boolean {
    return this.#workers.isReady
  }

  get components(): readonly ComponentInfo[] {
    return this.#workers.components
  }

  /** It is asked what it has first, and gets tasks once it has said so. */
  join(worker: Worker): void {
    this.#workers.add(worker)
  }

  leave(worker: Worker): void {
    for (const task of this.#workers.remove(worker)?.tasks ?? []) {
      if (task.claimedAt !== undefined) continue
      if (task.abandonedAt !== undefined) this.#forget(task)
      else if (task.given > 1) this.#fail(task, LEFT_TWICE)
      else this.#wait(task)
    }
    this.#assign()
  }

  offer(call: Call): void {
    const now = this.#board.clock.now()
    const task: Task = { ...call, id: randomUUID(), given: 0, since: now, beatAt: now }
    this.#tasks.set(task.id, task)
    this.#byCall.set(call.call, task)
    this.#wait(task)
    this.#assign()
    this.#watch()
  }

  /** True if no worker has it. Else its worker hears of it with its next heartbeat. */
  abandon(call: MessageId): boolean {
    const task = this.#byCall.get(call)
    if (!task) return true
    task.abandonedAt = this.#board.clock.now()
    if (task.worker) return false
    this.#forget(task)
    return true
  }

  /** A heartbeat, the first of which claims the task; undefined if there is no such task. */
  beat(taskId: string, workerId: string): Beat | undefined {
    const task = this.#tasks.get(taskId)
    if (!task) return undefined
    if (task.worker?.id !== workerId) return { shouldAbort: true, isTakenByAnother: true }
    if (task.abandonedAt !== undefined && task.claimedAt === undefined) {
      // It does not even begin with it, and says no more.
      this.#fail(task, NOT_BEGUN)
      return { shouldAbort: true, isTakenByAnother: false }
    }
    this.#claim(task)
    return { shouldAbort: task.abandonedAt !== undefined, isTakenByAnother: false }
  }

  /** The request whose answer a task is; undefined if there is none. */
  callOf(taskId: string): MessageId | undefined {
    return this.#tasks.get(taskId)?.call
  }

  /** False if there is no such task, or not any more. */
  complete(taskId: string, ended: Ended): boolean {
    const task = this.#tasks.get(taskId)
    if (!task) return false
    this.#claim(task)
    this.#forget(task)
    const isMissing = task.isGuess && 'error' in ended && NOT_THERE.test(ended.error.message)
    if (isMissing) this.#board.settled(task.call, { error: this.#missing(task.component) })
    else if (!task.isOver) this.#board.settled(task.call, ended)
    return true
  }

  /** False if nobody was asked. */
  list(taskId: string, listed: readonly ListedComponent[]): boolean {
    if (!this.#workers.list(taskId, listed)) return false
    this.#board.ready()
    this.#assign()
    return true
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  // ---

  #wait(task: Task): void {
    task.worker = undefined
    task.since = this.#board.clock.now()
    this.#waiting.add(task)
  }

  #assign(): void {
    if (!this.isReady) return
    for (const task of this.#waiting) {
      const chosen = this.#workers.choose(task.component)
      if (!chosen && this.#workers.hadOnce(task.component)) continue
      this.#waiting.delete(task)
      if (!chosen) {
        this.#fail(task, this.#missing(task.component))
        continue
      }
      const { worker, member, found } = chosen
      task.worker = worker
      task.isGuess = found.isGuess
      task.given++
      task.since = this.#board.clock.now()
      member.tasks.add(task)
      worker.give(task.id, { found, said: task.said })
    }
  }

  #missing(component: string): WireError {
    const names = this.components.map(({ name }) => name)
    const shown = names.length > SHOWN_NAMES ? `${names.slice(0, SHOWN_NAMES).join(', ')} and more` : names.join(', ')
    const message = `no worker of queue "${this.#board.queue}" has a component "${component}"; there are: ${shown || 'none'}`
    return { code: rpcCode.methodNotFound, message }
  }

  #claim(task: Task): void {
    const now = this.#board.clock.now()
    task.beatAt = now
    if (task.claimedAt !== undefined) return
    task.claimedAt = now
    const member = this.#workers.of(task.worker)
    if (member) member.tookAt = now
  }

  #fail(task: Task, error: WireError): void {
    this.#forget(task)
    this.#board.settled(task.call, { error })
  }

  #forget(task: Task): void {
    this.#tasks.delete(task.id)
    this.#byCall.delete(task.call)
    this.#waiting.delete(task)
    this.#workers.of(task.worker)?.tasks.delete(task)
  }

  // --- tasks that are overdue

  #watch(): void {
    this.#stopTimer ??= this.#board.clock.timer(LOOK_MS, () => {
      this.#stopTimer = undefined
      this.#look()
      if (this.#tasks.size > 0) this.#watch()
    })
  }

  #look(): void {
    const now = this.#board.clock.now()
    const silent = new Set<Worker>()
    for (const task of [...this.#tasks.values()]) {
      if (task.abandonedAt !== undefined) this.#lookAtAbandoned(task, now)
      else if (task.claimedAt === undefined) this.#lookAtUnclaimed(task, now)
      else this.#lookAtClaimed(task, task.claimedAt, now, silent)
    }
    for (const worker of silent) if (!this.#hasHeard(worker, now)) this.#board.silent(worker)
  }

  #lookAtUnclaimed(task: Task, now: number): void {
    const { queue, queueTimeoutMs } = this.#board
    const tookAt = this.#workers.of(task.worker)?.tookAt ?? 0
    if (now - Math.max(task.since, tookAt) < queueTimeoutMs) return
    const what = task.worker ? 'has taken a task' : 'has asked for tasks'
    const message = `no worker of queue "${queue}" ${what} for ${queueTimeoutMs / 1000} s, its "queue_timeout"`
    this.#fail(task, { code: rpcCode.unreachable, message })
  }

  #lookAtClaimed(task: Task, claimedAt: number, now: number, silent: Set<Worker>): void {
    const { executionTimeoutMs = Number.POSITIVE_INFINITY, heartbeatMs } = this.#board
    const silentMs = 3 * heartbeatMs
    if (now - task.beatAt >= silentMs) {
      if (task.worker) silent.add(task.worker)
      const message = `its worker has missed three heartbeats: nothing was heard of the call for ${silentMs / 1000} s`
      this.#fail(task, { code: rpcCode.unreachable, message })
    } else if (now - claimedAt >= executionTimeoutMs) {
      const message = `component ${task.component} has run for ${executionTimeoutMs / 1000} s, its "execution_timeout"`
      this.#board.settled(task.call, { error: { code: rpcCode.timeout, message } })
      task.abandonedAt = now
      task.isOver = true
    }
  }

  /** Its worker has been told to end it, or will be with its next heartbeat. */
  #lookAtAbandoned(task: Task, now: number): void {
    if (now - (task.abandonedAt ?? now) < LET_GO_MS + this.#board.heartbeatMs) return
    this.#forget(task)
    if (task.isOver && task.worker) this.#board.stuck(task.worker)
  }

  /** Of any of its tasks, lately. */
  #hasHeard(worker: Worker, now: number): boolean {
    const since = now - 3 * this.#board.heartbeatMs
    const member = this.#workers.of(worker)
    for (const task of member?.tasks ?? []) if (task.beatAt > since) return true
    return member !== undefined && member.tookAt > since
  }
}

// ---

interface Task extends Call {
  readonly id: string
  worker?: Worker | undefined
  /** How often it was given out. */
  given: number
  /** When it was offered, or given to the worker that has it. */
  since: number
  claimedAt?: number
  beatAt: number
  isGuess?: boolean
  /** Since when nobody wants its result. */
  abandonedAt?: number
  /** Its call has ended for being over its time. */
  isOver?: boolean
}

const LOOK_MS = 500
/** After its worker was told to let go of a task. */
const LET_GO_MS = 5000
const SHOWN_NAMES = 20
/** How 0.12 says so, with the code of any failure. */
const NOT_THERE = /^Component '.*' not found$/
const NOT_BEGUN: WireError = { code: rpcCode.executionFailed, message: 'it was cancelled before it began' }
const LEFT_TWICE: WireError = {
  code: rpcCode.unreachable,
  message: 'two workers in turn were given the call and broke off their connection before they began with it',
}
