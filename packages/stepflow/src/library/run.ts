// Runs a flow or a step function in this process, with nothing around it: no store, no file, no server.

import type { ItemResult, Outcome, ResultOrder } from '@stepflow/engine'
import { createEngine, type Engine } from './engine.ts'
import type { Runnable } from './program.ts'

export interface RunOptions {
  /** Stops the run: steps in flight are told by their `context.signal`, no other starts. */
  readonly signal?: AbortSignal
  /** An engine with a store, plugins or secrets; else one that is made for the flow. */
  readonly engine?: Engine
}

export interface BatchOptions extends RunOptions {
  /** In the order of the inputs (unless told), or as they end. */
  readonly order?: ResultOrder
  /** Inputs at once; 64 if absent. */
  readonly maxConcurrent?: number
}

/** One input's end; `index` is its number, from 0. */
export interface BatchResult<Output> extends ItemResult {
  readonly outcome: OutcomeOf<Output>
}

/** How a run ended, with the type of its result. */
export type OutcomeOf<Output> =
  | { readonly outcome: 'success'; readonly result: Output }
  | Exclude<Outcome, { readonly outcome: 'success' }>

/**
 * The output of one run; undefined if it was skipped. Rejects with a FlowError if it failed.
 *
 * ```ts
 * const output = await run(flow, { userId: 'u1' })
 * ```
 */
export async function run<Input, Output>(
  of: Runnable<Input, Output>,
  input: Input,
  options: RunOptions = {},
): Promise<Output> {
  return engineFor(of, options).run(of, input, options)
}

/** How one run ended, as data. Rejects only if the flow itself is wrong. */
export async function runOutcome<Input, Output>(
  of: Runnable<Input, Output>,
  input: Input,
  options: RunOptions = {},
): Promise<OutcomeOf<Output>> {
  return engineFor(of, options).runOutcome(of, input, options)
}

/**
 * One run over many inputs, which are read as they are needed.
 *
 * ```ts
 * for await (const { index, outcome } of runBatch(flow, readLines(), { order: 'completion' })) ...
 * ```
 */
export function runBatch<Input, Output>(
  of: Runnable<Input, Output>,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  options: BatchOptions = {},
): AsyncIterable<BatchResult<Output>> {
  return engineFor(of, options).runBatch(of, inputs, options)
}

// ---

const engines = new WeakMap<object, Engine>()

/** One engine for each flow, so that it is linked once. */
function engineFor(of: Runnable<never>, { engine }: RunOptions): Engine {
  if (engine) return engine
  const known = engines.get(of)
  if (known) return known
  const made = createEngine({ history: 'none' })
  engines.set(of, made)
  return made
}
