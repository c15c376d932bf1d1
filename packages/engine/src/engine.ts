// What a program that embeds the engine can call, and what it gets back: the port that run/engine/ answers to.

import type { Clock } from './clock.ts'
import type { Log } from './component/plugin.ts'
import type { Router } from './component/router.ts'
import type { ErrorValue } from './errors.ts'
import type { JournalEntry, RunId, RunOptions } from './journal/events.ts'
import type { Json, MaybePromise } from './json.ts'
import type { PureFunction } from './plan/functions.ts'
import type { Plan } from './plan/plan.ts'
import type { ItemResult, ResultOrder } from './run/engine/result-stream.ts'
import type { Outcome } from './run/outcome.ts'
import type { SchemaCheck } from './schema.ts'
import type { KnownSecrets } from './secrets/known-secrets.ts'
import type { RunRow, Store } from './store/store.ts'

export interface PlanEngineOptions {
  readonly store: Store
  readonly router: Router
  /** Finds what plans `call`; asked once per name when a plan that names it is first run. */
  readonly functions?: (name: string) => MaybePromise<PureFunction | undefined>
  /** Turns a flow that a step computed (inline, a name, a blob id) into a plan, after these overrides. */
  readonly plan?: (ref: unknown, overrides?: Json) => MaybePromise<Plan>
  /** The flow that a plan was compiled from, if it is known. */
  readonly flowOf?: (plan: Plan) => Json | undefined
  readonly secrets?: (name: string) => string | undefined
  /** Secrets that are taken out wherever they could be seen; those that flows ask for are added. */
  readonly known?: KnownSecrets
  readonly schema?: (schema: Json) => MaybePromise<SchemaCheck>
  readonly clock?: Clock
  /** In [0, 1). */
  readonly random?: () => number
  readonly newId?: () => string
  readonly log?: Log
  /** `false`: what runs log is not kept with them, though their steps are. */
  readonly keepsLogs?: boolean
  /** What becomes of a run whose inputs come no more, where several processes work on the store. Absent: it waits for them. */
  readonly leftInputs?: (options: RunOptions | undefined) => LeftInputs
  /** For how long runs wait, with what they have in hand, for a store that is away; then they are left to others. 60 s. */
  readonly storePatienceMs?: number
}

/** So long the rest is waited for; then the run ends, and fails with this error about so many items. */
export interface LeftInputs {
  readonly waitMs: number
  readonly error: (items: number) => ErrorValue
}

/** Options of a submitted run. */
export interface SubmitOptions extends RunOptions {
  readonly id?: RunId
  /** `false`: results come as they are, `is_secret` values included; for the program that calls, never for an exit. */
  readonly redact?: boolean
  /** Told of everything that happens in the run, from its start. */
  readonly watch?: (entries: readonly JournalEntry[]) => void
  /**
   * The source of the inputs fails. `fail` (unless told): so does whoever waits for the run. `keep`: what came runs, `ended`
   * resolves when that has ended, and the run waits in the store for the rest: `resume`, or `endInputs`.
   */
  readonly onBroken?: 'fail' | 'keep'
}

/** How a run that is kept nowhere is done. */
export interface DirectRunOptions {
  readonly id?: RunId
  /** Stops it: steps in flight are told, no other starts. */
  readonly signal?: AbortSignal
  /** Is handed to its components, as `context.local`. */
  readonly local?: unknown
}

/** What a run is run over; an asynchronous one is read as it is needed. */
export type Inputs = Iterable<unknown> | AsyncIterable<unknown>

/** Options of resuming a run. */
export interface ResumeOptions extends Pick<SubmitOptions, 'onBroken'> {
  /** All inputs of the run, from the first: those that it has taken are passed over. */
  readonly inputs?: Inputs
  /** In place of `inputs`: only those that it has not taken. */
  readonly further?: Inputs
  /** Items in flight at once, in place of what was said before. */
  readonly maxConcurrent?: number
  readonly redact?: boolean
  readonly watch?: (entries: readonly JournalEntry[]) => void
}

/** From where: the failed steps, or the last visit of a step (by id). */
export type RerunFrom = { readonly failed: true } | { readonly step: string }

export interface RerunOptions extends Omit<SubmitOptions, 'origin'> {
  /** The failed steps, or a step by id; absent: the whole run is done again. */
  readonly from?: RerunFrom
  /** Only these items, from the first to the last of each range: the others keep their results. Absent: all. */
  readonly items?: readonly ItemRange[]
  /** In place of the recorded inputs; of a run with one item, its input. */
  readonly inputs?: readonly unknown[]
  /** In place of the recorded plan: the same steps, perhaps patched. */
  readonly plan?: Plan
}

/** Items by number, both included. */
export type ItemRange = readonly [first: number, last: number]

/** What a rerun would do. */
export interface RerunPreview {
  /** `kept` with their results; `again` at least in part. */
  readonly items: { readonly total: number; readonly kept: number; readonly again: number }
  /** In how many of the items that are done again a step keeps its outcome, and in how many it is done again. */
  readonly steps: readonly { readonly stepId: string; readonly reused: number; readonly again: number }[]
}

/** A signal to a run. */
export type RunSignal =
  | { readonly name: 'cancel'; readonly reason?: string; readonly by?: string }
  | { readonly name: 'pause' | 'resume'; readonly by?: string }
  | {
      readonly name: 'signal'
      readonly signal: string
      readonly payload?: unknown
      /** The same id counts once. */
      readonly id?: string
      /** For one item only; from 0. */
      readonly item?: number
      /** For one wait only: its visit, as its `parked` entry names it. */
      readonly wait?: string
      /** Who sends it; stays on record. */
      readonly by?: string
    }

export interface PlanEngine {
  /** Accepts a run; its items are read as they are needed. */
  submit(plan: Plan, inputs: Inputs, options?: SubmitOptions): Promise<RunHandle>
  /**
   * One input through a plan, and how it ended, as it is: nothing of it is kept, so it is in no list and cannot be resumed.
   * It costs a fraction of a run that is.
   */
  runDirectly(plan: Plan, input: unknown, options?: DirectRunOptions): Promise<Outcome>
  /**
   * Goes on with a run that is in the store: its own results again, and those that are still to come. CONFLICT if another
   * process that is alive drives it.
   */
  resume(run: RunId, options?: ResumeOptions): Promise<RunHandle>
  /**
   * No more inputs come to a run whose source failed: it ends when what came has ended, and fails with this error about so
   * many items. Nothing happens if nobody waits for any.
   */
  endInputs(run: RunId, error: (items: number) => ErrorValue): Promise<void>
  /** Looks at a run that is in the store, and drives nothing of it: its results, those to come too, and its end. */
  follow(run: RunId, options?: FollowOptions): Promise<FollowedRun>
  /** Runs a finished run again, as a new run; what is recorded up to `from` is taken over, not done again. */
  rerun(run: RunId, options?: RerunOptions): Promise<RunHandle>
  /** What `rerun` would do with the same options; begins nothing. */
  previewRerun(run: RunId, options?: Pick<RerunOptions, 'from' | 'items' | 'plan'>): Promise<RerunPreview>
  /** Tells a run, whoever drives it: cancel, pause, resume, or a signal that its steps wait for. */
  signal(run: RunId, signal: RunSignal): Promise<void>
  /** Takes up the runs of drivers that are gone, and wakes that are due; off until it is called. */
  recover(): void
  /**
   * Runs nothing any more; the store, which it was given, stays open, and has what is left. With `drainMs`, calls that are
   * under way may end for so long; no other begins.
   */
  close(options?: CloseOptions): Promise<void>
}

/** Options of looking at a run. */
export interface FollowOptions {
  /** Nobody looks any longer: what is waited for fails, and what is read ends. */
  readonly signal?: AbortSignal
}

/** Options of closing an engine. */
export interface CloseOptions {
  /** 0 unless told: calls that are under way are aborted. */
  readonly drainMs?: number
}

/** A run that was accepted. */
export interface RunHandle {
  readonly id: RunId
  /** Each item's result, in the order of the inputs or as they end. Ends when the run has ended. To be read once. */
  results(order?: ResultOrder): AsyncIterable<ItemResult>
  /** The same, several at a time: as many as are there. */
  batches(order?: ResultOrder): AsyncIterable<readonly ItemResult[]>
  /** Nobody reads its results here: none is held for a reader. */
  discardResults(): void
  /** Resolves when all items have ended. */
  readonly ended: Promise<RunRow>
  /** Resolves when its inputs are written down: all of them, or what came before their source failed or was left. */
  readonly takenIn: Promise<'whole' | 'broken'>
  /** Everything that happens in this run from now on. */
  watch(listener: (entries: readonly JournalEntry[]) => void): () => void
  cancel(reason?: string): Promise<void>
  /** Takes no further inputs; what is in flight ends. */
  drain(): void
}

/** A run that is only looked at: who drives it, here or in another process, does not matter. */
export interface FollowedRun {
  readonly id: RunId
  /** Each item's result, from the first on: in the order of the inputs or as they ended. Ends when the run has ended. */
  results(order?: ResultOrder): AsyncIterable<ItemResult>
  /** The same, several at a time; without the first `from` of that order. */
  batches(order?: ResultOrder, from?: number): AsyncIterable<readonly ItemResult[]>
  /** Resolves when all items have ended, whoever ends them. */
  readonly ended: Promise<RunRow>
  /** Everything that happens in this run from now on. */
  watch(listener: (entries: readonly JournalEntry[]) => void): () => void
  cancel(reason?: string): Promise<void>
}
