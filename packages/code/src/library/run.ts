// Runs a flow or a step function in this process, with nothing around it: no store, no file, no server.

import { checkBatch, checkRun } from './check-given.ts'
import {
  type BatchOptions,
  type BatchResult,
  createEngine,
  type Engine,
  type OutcomeOf,
  type RunOptions,
} from './engine.ts'
import type { Runnable } from './program.ts'

/**
 * The output of one run; undefined if it was skipped. What a step throws fails the run, unless the step says otherwise.
 *
 * ```ts
 * const flow = defineFlow('greet', { input: shape<{ name: string }>() }, ({ input, step }) =>
 *   step('greeting', (name: string) => `Hello ${name}`, input.name),
 * )
 * console.log(await run(flow, { name: 'Ada' })) // Hello Ada
 * ```
 *
 * @param of a flow or a step function
 * @param input what it takes
 * @param options a signal to stop it; an engine other than one made for the flow
 * @throws FlowError with the step's code, if the run failed; INVALID_INPUT if the input does not fit its schema, or for a wrong option
 */
export async function run<Input, Output>(
  of: Runnable<Input, Output>,
  input: Input,
  options?: RunOptions,
): Promise<Output> {
  checkRun('run', of, options)
  return engineFor(of, options).run(of, input, toStop(options))
}

/**
 * How one run ended, as data.
 *
 * ```ts
 * const flow = defineFlow('fragile', {}, ({ step }) =>
 *   step('load', () => {
 *     throw new FlowError('COMPONENT_FAILED', 'no such file')
 *   }),
 * )
 * const ended = await runOutcome(flow, null)
 * console.log(ended.outcome) // failed
 * if (ended.outcome === 'failed') console.log(ended.error.code, ended.error.step) // COMPONENT_FAILED load
 * ```
 *
 * @param of a flow or a step function
 * @param input what it takes
 * @param options as those of `run`
 * @throws FlowError INVALID_FLOW, only if the flow itself is wrong; INVALID_INPUT for a wrong option
 */
export async function runOutcome<Input, Output>(
  of: Runnable<Input, Output>,
  input: Input,
  options?: RunOptions,
): Promise<OutcomeOf<Output>> {
  checkRun('runOutcome', of, options)
  return engineFor(of, options).runOutcome(of, input, toStop(options))
}

/**
 * One run over many inputs, which are read as they are needed. One that fails does not stop the others.
 *
 * ```ts
 * const flow = defineFlow('double', { input: shape<number>() }, ({ input, step }) => step('twice', (x: number) => x * 2, input))
 * for await (const { index, outcome } of runBatch(flow, [1, 2, 3])) {
 *   if (outcome.outcome === 'success') console.log(index, outcome.result) // 0 2, then 1 4, then 2 6
 * }
 * ```
 *
 * @param of a flow or a step function
 * @param inputs any iterable, also an asynchronous one
 * @param options the order of results; how many inputs at once
 * @throws FlowError INVALID_INPUT, at once, for inputs that cannot be iterated or a wrong option; INVALID_FLOW, when the first result is asked for
 */
export function runBatch<Input, Output>(
  of: Runnable<Input, Output>,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  options: BatchOptions = {},
): AsyncIterable<BatchResult<Output>> {
  checkBatch('runBatch', of, inputs, options)
  const { engine: _, ...others } = options
  return engineFor(of, options).runBatch(of, inputs, others)
}

// ---

const engines = new WeakMap<object, Engine>()

/** One engine for each flow, so that it is linked once. */
function engineFor(of: Runnable<never>, options: RunOptions | undefined): Engine {
  if (options?.engine) return options.engine
  const known = engines.get(of)
  if (known) return known
  const made = createEngine({ history: 'none' })
  engines.set(of, made)
  return made
}

function toStop(options: RunOptions | undefined): Pick<RunOptions, 'signal'> | undefined {
  return options?.signal && { signal: options.signal }
}
