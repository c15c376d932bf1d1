// Flows written as a function: it is run once, notes down which step gets what, and the steps run when the flow does.

import type { Diagnostic, TriggerRule } from '@stepflow/engine'
import {
  checkKeys,
  type Duration,
  type RetryOptions,
  readCount,
  readDuration,
  readName,
  shown,
  wrong,
} from '../compile/options.ts'
import { compileFlow } from './compile-flow.ts'
import type { FlowComponent } from './component.ts'
import { type DrawFormat, drawPlan } from './draw-plan.ts'
import { buildBlock } from './flow-builder.ts'
import type { Block, FlowDraft, OnItemError } from './flow-draft.ts'
import { DRAFT } from './flow-draft.ts'
import type { OnError } from './on-error.ts'
import { PROGRAM, type Program, type Runnable } from './program.ts'
import type { AnyRef, Given, Ref, Resolved } from './ref.ts'
import { type InputOf, type OutputOf, readSchema, type SchemaLike } from './schema-like.ts'
import type { StepContext } from './step-context.ts'
import { writeFlow } from './write-flow.ts'

/** Options of a flow. */
export interface FlowOptions<S extends SchemaLike | undefined = undefined> {
  readonly description?: string
  /** Checked before the first step. */
  readonly input?: S
  /** For one input, from its start. */
  readonly timeout?: Duration
  /** Steps of one input at once. */
  readonly maxConcurrent?: number
  /** A failure ends the flow at once (`stop`, unless told), or after what does not depend on it. */
  readonly onFailure?: 'stop' | 'continue'
}

/** When a step runs, and what its failure means. */
export interface FlowStepOptions<Output, Flow extends string> {
  readonly retry?: RetryOptions
  /** Of an attempt. */
  readonly timeout?: Duration
  /** Runs only if this is true: not null, false, 0 or "". Else the step is skipped, and what needs it. */
  readonly when?: AnyRef<unknown, Flow> | boolean
  /** In place of a failure: a skip, or a value. `{ default }` is short for what a flow file says with `action`. */
  readonly onError?: OnError<Given<Output, Flow>>
  /** Steps that must have ended first, whose data is not needed. */
  readonly needs?: readonly AnyRef<unknown, Flow>[]
  /** When to go on after the steps it depends on have ended. Under all but `all_success`, what did not succeed is null. */
  readonly triggerRule?: TriggerRule
}

/** How a step runs for each element of a list. */
export interface ForEachOptions<Flow extends string>
  extends Omit<FlowStepOptions<readonly unknown[], Flow>, 'retry' | 'timeout'> {
  /** The step's id; that of the step inside, if there is one. */
  readonly id?: string
  /** Elements at once. */
  readonly maxConcurrent?: number
  /** What an element's failure does: fails the step (unless told), leaves the element out, or stands in its place. */
  readonly onItemError?: OnItemError
}

/** Anything that a step can run; a text is the path of a component that the engine has: of its plugins, or `/builtin/...`. */
export type Work =
  | string
  // biome-ignore lint/suspicious/noExplicitAny: whatever it takes and gives
  | FlowComponent<any, any>
  // biome-ignore lint/suspicious/noExplicitAny: whatever it takes and gives
  | Runnable<any, any>
  // biome-ignore lint/suspicious/noExplicitAny: whatever it takes and gives
  | ((input: any, context: StepContext) => unknown)

type Typed<I, O> = { readonly '~types': { readonly input: (input: I) => void; readonly output: O } }
type WorkInput<W> =
  W extends Typed<infer I, infer _>
    ? I
    : W extends string
      ? // biome-ignore lint/suspicious/noExplicitAny: a path says nothing of types
        any
      : W extends (...given: infer A) => unknown
        ? A[0]
        : never
type WorkOutput<W> =
  W extends Typed<infer _, infer O>
    ? O
    : W extends string
      ? // biome-ignore lint/suspicious/noExplicitAny: a path says nothing of types
        any
      : W extends (...given: never) => infer O
        ? Awaited<O>
        : never

type StepArguments<I, O, Flow extends string> = undefined extends I
  ? [input?: Given<I, Flow>, options?: FlowStepOptions<O, Flow>]
  : unknown extends I
    ? [input?: Given<I, Flow>, options?: FlowStepOptions<O, Flow>]
    : [input: Given<I, Flow>, options?: FlowStepOptions<O, Flow>]

/** What the last candidate leaves of null. */
type Coalesced<A extends readonly unknown[]> = A extends readonly [...unknown[], infer Last]
  ? NonNullable<Resolved<A[number]>> | (null extends Resolved<Last> ? null : never)
  : null

/** What the function that puts a flow together is given. */
export interface FlowBuilder<Input, Flow extends string> {
  /** The flow's input. */
  readonly input: Ref<Input, Flow>
  /** A step: a component, a function, a flow. Gives a reference to its output. */
  step<const W extends Work>(
    id: string,
    work: W,
    ...given: StepArguments<WorkInput<W>, WorkOutput<W>, Flow>
  ): Ref<WorkOutput<W>, Flow>
  /** Once for each element, several at the same time; gives a reference to the list of what `each` returns. */
  forEach<E, const R>(
    list: AnyRef<readonly E[] | null, Flow> | readonly Given<E, Flow>[],
    each: (item: Ref<E, Flow>, index: Ref<number, Flow>) => R,
    options?: ForEachOptions<Flow>,
  ): Ref<Resolved<R>[], Flow>
  /** One or the other; steps that only the other needs do not run. */
  cond<const A, const B>(
    condition: AnyRef<unknown, Flow> | boolean,
    then: A,
    otherwise: B,
  ): Ref<Resolved<A> | Resolved<B>, Flow>
  /** The first that is neither null nor of a skipped step; null if there is none. */
  coalesce<const A extends readonly unknown[]>(...of: A): Ref<Coalesced<A>, Flow>
}

/** A flow that was put together; the same object can be run, given to an engine, and be a step of another. */
export interface Flow<Input, Output> extends Runnable<Input, Output> {
  /** The same flow as a file; its components are `PREFIX/NAME`, for a plugin over the module that exports them. */
  toYAML(options?: { readonly prefix?: string }): string
  visualize(options?: { readonly format?: DrawFormat }): string
  /** Findings beside those that `defineFlow` throws. */
  validate(): Diagnostic[]
}

/**
 * A flow of typed steps. What a step returns here is a reference: give it to other steps, read its fields, return it.
 * Steps that do not depend on one another run at the same time.
 *
 * ```ts
 * const flow = defineFlow('enrich', { input: shape<{ id: string }>() }, ({ input, step }) => {
 *   const user = step('user', (id: string) => ({ id, name: 'Ada', isActive: true }), input.id)
 *   const score = step('score', (name: string) => name.length * 10, user.name, { when: user.isActive })
 *   return { name: user.name, score }
 * })
 * console.log(await run(flow, { id: 'u1' })) // { name: 'Ada', score: 30 }
 * ```
 *
 * @param name the flow's name; a literal text, since references of one flow do not fit into another
 * @param options its input's schema, time and failure
 * @param build is called once, at once; it notes the steps down, and returns the output
 * @throws FlowError INVALID_FLOW, where the flow is written: an id twice, a reference used as a value, a circle
 */
export function defineFlow<const Name extends string, R, const S extends SchemaLike | undefined = undefined>(
  name: Name,
  options: FlowOptions<S>,
  build: (builder: FlowBuilder<OutputOf<S>, Name>) => R,
): Flow<InputOf<S>, Resolved<R>> {
  const what = `flow "${readName(name, 'the name of a flow')}"`
  checkKeys(options, ['description', 'input', 'timeout', 'maxConcurrent', 'onFailure'], what)
  if (typeof build !== 'function') throw wrong(`${what} needs a function that puts it together, not ${shown(build)}`)
  const { onFailure = 'stop' } = options
  if (onFailure !== 'stop' && onFailure !== 'continue') {
    throw wrong(`"onFailure" of ${what} must be stop or continue, not ${shown(onFailure)}`)
  }
  const block: Block = { around: undefined, steps: [], output: undefined }
  // The builder's types are for the author; what it is given is checked as it comes.
  buildBlock(name, block, (builder) => build(builder as unknown as FlowBuilder<OutputOf<S>, Name>))
  const draft: FlowDraft = {
    name,
    description: options.description,
    input: readSchema(options.input, `"input" of ${what}`),
    block,
    timeoutMs: readDuration(options.timeout, `"timeout" of ${what}`),
    maxConcurrent: readCount(options.maxConcurrent, `"maxConcurrent" of ${what}`),
    onFailure: onFailure === 'stop' ? 'stop' : 'drain',
  }
  return new BuiltFlow(draft) as unknown as Flow<InputOf<S>, Resolved<R>> // as the schemas say
}

// ---

class BuiltFlow {
  readonly name: string
  readonly [DRAFT]: FlowDraft
  readonly [PROGRAM]: Program

  constructor(draft: FlowDraft) {
    this.name = draft.name
    this[DRAFT] = draft
    // At once, so that what is wrong is told where the flow is written.
    this[PROGRAM] = compileFlow(draft)
  }

  toYAML(options: { readonly prefix?: string } = {}): string {
    checkKeys(options, ['prefix'], `what toYAML is given, such as { prefix: '/local' },`)
    return writeFlow(this[DRAFT], options.prefix ?? '/local')
  }

  visualize(options?: { readonly format?: DrawFormat }): string {
    return drawPlan(this[PROGRAM].sketch, options)
  }

  validate(): Diagnostic[] {
    return []
  }
}
