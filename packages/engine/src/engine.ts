// The engine's front door: what a program that embeds it says and gets.

import type { Clock } from './clock.ts'
import type { Log } from './component/plugin.ts'
import type { Router } from './component/router.ts'
import type { JournalEntry, RunId, RunOptions } from './journal/events.ts'
import type { Json, MaybePromise } from './json.ts'
import type { Plan } from './plan/plan.ts'
import type { Outcome } from './run/outcome.ts'
import type { RunRow, Store } from './store/store.ts'

/** A function that an Expr may `call`: pure and synchronous. Throws a FlowError to fail. */
export type PureFunction = (...args: readonly unknown[]) => unknown

/** Checks a value against a JSON Schema and fills in its defaults. */
export type SchemaCheck = (value: unknown) => { readonly value: unknown; readonly violations: readonly Violation[] }
export interface Violation {
  /** `$.items[0].name` */
  readonly path: string
  readonly message: string
}

export interface EngineOptions {
  readonly store: Store
  readonly router: Router
  /** Finds what plans `call`; asked once per name when a plan that names it is first run. */
  readonly functions?: (name: string) => MaybePromise<PureFunction | undefined>
  /** Turns a flow that a step computed (inline, a name, a blob id) into a plan. */
  readonly plan?: (ref: unknown) => MaybePromise<Plan>
  readonly secrets?: (name: string) => string | undefined
  readonly schema?: (schema: Json) => MaybePromise<SchemaCheck>
  readonly clock?: Clock
  /** In [0, 1). */
  readonly random?: () => number
  readonly newId?: () => string
  readonly log?: Log
}

export interface SubmitOptions extends RunOptions {
  readonly id?: RunId
  /** `false`: results come as they are, `is_secret` values included; for the program that calls, never for an exit. */
  readonly redact?: boolean
}

export interface Engine {
  /** Accepts a run; its items are read as they are needed. */
  submit(plan: Plan, inputs: Iterable<unknown> | AsyncIterable<unknown>, options?: SubmitOptions): Promise<RunHandle>
  close(): Promise<void>
}

export interface ItemResult {
  /** From 0. */
  readonly index: number
  readonly outcome: Outcome
}

export interface RunHandle {
  readonly id: RunId
  /** Each item's result, in the order of the inputs or as they end. Ends when the run has ended. */
  results(order?: 'input' | 'completion'): AsyncIterable<ItemResult>
  /** Resolves when all items have ended. */
  readonly ended: Promise<RunRow>
  /** Everything that happens in this run from now on. */
  watch(listener: (entries: readonly JournalEntry[]) => void): () => void
  cancel(reason?: string): Promise<void>
  /** Takes no further inputs; what is in flight ends. */
  drain(): void
}
