// What a step can call: the port between the engine and everything callable. Builtins, in-process functions, component
// servers and MCP servers all come in through it; the engine has no component that does not.

import type { WaitForm } from '../journal/events.ts'
import type { Json, MaybePromise } from '../json.ts'
import type { Plan } from '../plan/plan.ts'
import type { Outcome } from '../run/outcome.ts'
import type { ItemCounts, RunStatus } from '../store/run-row.ts'

/** A family of components that an engine can call. */
export interface Plugin {
  readonly name: string
  /** What it offers, for listings and checks; may start what it needs to know. */
  components(): MaybePromise<readonly ComponentInfo[]>
  /** The component of that name (with a leading slash, as routed), or undefined if it is sure that there is none. */
  resolve(component: string): Component | undefined
  start?(): MaybePromise<void>
  stop?(): MaybePromise<void>
}

/** A component\'s description of itself. */
export interface ComponentInfo {
  /** With a leading slash, as its plugin names it: `/http`. */
  readonly name: string
  readonly description?: string
  readonly inputSchema?: Json
  readonly outputSchema?: Json
  /** The field that a path is looked up in when it is not in the output itself. */
  readonly primary?: string
  /** Calling it again is harmless and cheap: it needs no journal row of its own before it runs. */
  readonly repeatable?: boolean
  /** It says by `context.started()` when a call is under way: a step's timeout counts from there. */
  readonly announcesStart?: boolean
  /** It ends its own calls when a step's time limit is over: who makes the call elsewhere counts there. */
  readonly limitsItself?: boolean
  /** It changes nothing of what it is given: that may be shared with others. Else it gets a copy where others read it. */
  readonly keepsInput?: boolean
}

/** What a step can call. */
export interface Component {
  readonly info: ComponentInfo
  /**
   * Answers at once or later; throws a FlowError to fail; returns a Park to wait, a Skip to be skipped. `input` must not
   * be changed, nor the result after it was returned.
   */
  call(input: unknown, context: CallContext): MaybePromise<unknown | Park | Skip>
  /** Why it cannot be called on this machine, as a sentence without its full stop; asked before a run starts. */
  refused?(): string | undefined
  /**
   * What it would refuse among the fields of an input that are known before a run starts, the others being left out; and
   * which of all keys that the input will have it does not read.
   */
  misfits?(known: Readonly<Record<string, unknown>>, keys: readonly string[]): readonly Misfit[]
}

/** A field of an input that a component refuses or does not read, and why, as a sentence without its full stop. */
export interface Misfit {
  readonly key: string
  readonly message: string
  /** Of a key that it does not read: those that it does. */
  readonly instead?: readonly string[]
}

/** The context of a call, for the component. */
export interface CallContext {
  /** Aborted when the answer is no longer wanted: timeout, cancel, the item's end. */
  readonly signal: AbortSignal
  /** What `signal.aborted` says. */
  readonly isAbandoned: boolean
  /**
   * Calls back once when `signal` would be aborted; another function takes the place of the one before. For plugins with very
   * many calls: an AbortSignal for each takes longer than all else that the engine does for it.
   */
  onAbandoned(callback: (() => void) | undefined): void
  /** From 1; retries count on. */
  readonly attempt: number
  /** Stable over retries and crashes: the same logical call has the same key. */
  readonly idempotencyKey: string
  readonly runId: string
  readonly stepId: string
  /** Where the call stands in its run: `item/step/visit`, below those of the steps that it is inside. */
  readonly path: string
  /** How long an attempt may take, if the step says so. */
  readonly timeoutMs: number | undefined
  /** From 0. */
  readonly itemIndex: number
  /** Set when the component is called again after a Park: what woke it. */
  readonly woken: Woken | undefined
  /** The `turn` of the Park that it comes from. */
  readonly turn: unknown
  /** The call is under way; for components whose `info` says that they announce it. */
  started(): void
  /** Of the steps of this item that have ended so far, by id. */
  outcomes(): Record<string, Outcome>
  /** What the program that began the run gave along; undefined where the run could outlive it. */
  readonly local?: unknown
  /** The file of the flow that the run was begun with, as it was named; absent if it came from no file. */
  readonly flowFile?: string | undefined
  /** Of a call in a plan that a step runs: that step's call. */
  readonly around?: CallContext | undefined
  /** Set by whoever traces the call, before it is made: the trace and the span (hex) that what it does belongs to. */
  trace?: TraceContext | undefined
  readonly log: Log
  /**
   * For the run's log alone: what was printed while the call was under way, and is shown elsewhere. May be kept beyond the
   * call. Absent where no log is kept.
   */
  readonly printed?: Printed | undefined
  /** Takes the run's secrets and the item's out of a value that may be seen; it may be kept beyond the call. */
  readonly redaction: <T>(value: T) => T
  readonly blobs: BlobAccess
  /** Stores JSON or bytes once by content; the id is the hash. */
  putBlob(value: unknown): MaybePromise<string>
  /** Throws NOT_FOUND. */
  getBlob(id: string): MaybePromise<unknown>
  /** The run's variables. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Stores the flow of this call as a blob, once; its id. */
  flowId(): MaybePromise<string>
  /** Turns a flow (inline, by name or by id) into a plan; throws INVALID_FLOW with all findings in `data`. */
  plan(ref: unknown, overrides?: Json): MaybePromise<Plan>
  /** Runs a plan over inputs and waits for it, holding this call open: for calls that cannot park. */
  submit(plan: Plan, inputs: readonly unknown[], options?: SubmitRunOptions): Promise<SubmittedRun>
  /** How a run stands; throws NOT_FOUND. */
  getRun(runId: string, options?: GetRunOptions): Promise<ReportedRun>
}

/** Where a call stands in a trace: 32 and 16 hex digits. */
export interface TraceContext {
  readonly traceId: string
  readonly spanId: string
}

/** Options of a run that a component starts. */
export interface SubmitRunOptions {
  readonly maxConcurrent?: number
  readonly wait?: boolean
  /** The next attempt of the same call gets the same run for it, not another one. */
  readonly key?: string
}

/** The run that a component has started. */
export interface SubmittedRun {
  readonly runId: string
  /** In the order of the inputs; empty unless waited for. */
  readonly outcomes: readonly Outcome[]
}

/** What is asked of a run. */
export interface GetRunOptions {
  /** Answers when it has ended. */
  readonly wait?: boolean
  /** With what its items ended with. */
  readonly results?: boolean
}

/** How a run stands that a component asks about. */
export interface ReportedRun {
  readonly runId: string
  /** The flow's name. */
  readonly flow?: string
  readonly status: RunStatus
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly endedAt?: number
  /** How many of its items have ended, and how; `total` is -1 while inputs are still read. */
  readonly items: ItemCounts
  /** By item; those that have not ended are missing. Empty unless asked for. */
  readonly outcomes: readonly (Outcome | undefined)[]
}

/** Where a component keeps what is too large to hand on. */
export interface BlobAccess {
  /** Stores JSON or bytes; the id is the SHA-256 of the compact JSON or of the bytes. */
  put(value: unknown): MaybePromise<string>
  get(id: string): MaybePromise<unknown>
}

/** How much a message matters. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error'
/** Where messages go. */
export type Log = (level: LogLevel, message: string, data?: Json) => void

/** Where what a process prints is kept; of the `run`: it may belong to another of the run's calls. */
export type Printed = (level: LogLevel, message: string, data: Json | undefined, whose: 'call' | 'run') => void

/** The signal that a component waits for, and what is shown to whoever may send it. */
export interface ParkSignal extends WaitForm {
  readonly name: string
}

const PARK = Symbol.for('stepflow.Park')
const SKIP = Symbol.for('stepflow.Skip')

/**
 * Returned by a component to wait without holding anything; it is called again with `woken`.
 *
 * ```ts
 * const plugin: Plugin = {
 *   name: 'nap',
 *   components: () => [{ name: '/nap' }],
 *   resolve: (name) => ({
 *     info: { name },
 *     call: (_input, { woken }) => (woken ? 'rested' : new Park({ until: Date.now() + 10 })),
 *   }),
 * }
 * const engine = createEngine({ plugins: [plugin] })
 * const flow = defineFlow('rest', {}, ({ step }) => step('nap', '/nap/nap'))
 * console.log(await engine.run(flow, null)) // rested
 * ```
 */
export class Park {
  /** Epoch milliseconds. */
  readonly until: number | undefined
  readonly signal: ParkSignal | undefined
  readonly run: ParkedRun | undefined
  /**
   * JSON: it waits for its turn, before it has done anything, and gets this back as `context.turn`. Its time limit has not
   * begun, and unless there is a `state`, it is called as if for the first time.
   */
  readonly turn: unknown
  /** JSON that is kept and handed back as `woken.state`: what the component must remember across the wait. */
  readonly state: unknown
  readonly [PARK] = true

  /** By brand: a component may have come with another copy of this package. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && PARK in value
  }

  constructor(on: {
    until?: number
    signal?: ParkSignal
    run?: ParkedRun
    turn?: unknown
    state?: unknown
  }) {
    this.until = on.until
    this.signal = on.signal
    this.run = on.run
    this.turn = on.turn
    this.state = on.state
  }
}

/**
 * Returned by a component to skip its step: the step has no value, and that is not a failure.
 *
 * ```ts
 * const flow = defineFlow('maybe', { input: shape<number>() }, ({ input, step, coalesce }) => {
 *   const even = step('even', (x: number) => (x % 2 === 0 ? x : new Skip(`${x} is odd`)), input)
 *   return coalesce(even, 'nothing')
 * })
 * console.log(await run(flow, 3)) // nothing
 * ```
 */
export class Skip {
  readonly reason: string
  readonly [SKIP] = true

  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && SKIP in value
  }

  constructor(reason: string) {
    this.reason = reason
  }
}

/** A list, or whatever makes its elements when they are asked for: many need not be there all at once. */
export interface InputList {
  readonly length: number
  /** The same each time that it is asked for. */
  at(index: number): unknown
}

/** A run that a component starts and waits for. */
export interface ParkedRun {
  readonly plan: Plan
  readonly inputs: InputList
  /** Items at once; 64 if absent. */
  readonly maxConcurrent?: number
  /** Values in them are the same for several: none of its components may have them for itself. */
  readonly sharesInputs?: boolean
  /** The first item that fails ends the sub-run after those in flight: `drain`; or the others go on: `continue` (default). */
  readonly onItemFailure?: 'drain' | 'continue'
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Why a component that waited is called again. */
export interface Woken {
  readonly by: 'time' | 'signal' | 'run'
  /** The signal's payload. */
  readonly payload?: unknown
  /** The `state` of the Park that was waited on. */
  readonly state?: unknown
  /** The sub-run's items, in order. With `onItemFailure: 'drain'`, items that never started are undefined. */
  readonly outcomes?: readonly (Outcome | undefined)[]
}
