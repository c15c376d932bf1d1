// A workflow as steps that lead to one another: put together step by step, then executed, drawn or written as JSON.

import {
  type Clock,
  type Component,
  createEngine,
  createMemoryStore,
  type Diagnostic,
  FlowError,
  hasErrors,
  type Log,
  type Outcome,
  type PlanEngine,
  systemClock,
} from '@stepflow/engine'
import { checkDefinition } from '../compile/check.ts'
import { compileStepFunction, sketchStepFunction } from '../compile/compile.ts'
import {
  DEFINITION,
  type Definition,
  defineStep,
  defineSubStep,
  insideOf,
  revisionOf,
  type StepDefinition,
  type StepOptions,
  type StepSettings,
  type SubStepFunction,
} from '../compile/definition.ts'
import { readName, shown, wrong } from '../compile/options.ts'
import { type Functions, readSpec, type StepFunctionSpec, writeSpec } from '../compile/spec.ts'
import { checkExecute, checkStepFunctionOptions } from './check-given.ts'
import { consoleLog } from './console-log.ts'
import { type DrawFormat, drawPlan } from './draw-plan.ts'
import { Execution } from './execution.ts'
import { type ExecutionResult, executionResult } from './execution-result.ts'
import { hookNames, type StepFunctionHooks } from './hooks.ts'
import { LocalRouter, PROGRAM, type Program, type Runnable } from './program.ts'
import type { StepContext } from './step-context.ts'
import { errorFrom, stepFailed } from './step-failed.ts'
import { componentOf } from './step-parts.ts'

/** How an execution stands. */
export type Status = 'INITIALIZED' | 'RUNNING' | 'COMPLETED' | 'FAILED'

/** Options of a step function. */
export interface StepFunctionOptions {
  /** Told of everything that happens. */
  readonly hooks?: StepFunctionHooks
  /** How often one execution may come to a step, unless the step says otherwise; 10,000 if absent. */
  readonly maxVisits?: number
  /** Warnings, and what steps log; stderr has the warnings if absent. */
  readonly log?: Log
  readonly clock?: Clock
}

/** Options of one execution. */
export interface ExecuteOptions {
  /** Stops the execution: steps in flight are told by their `context.signal`, no other starts. */
  readonly signal?: AbortSignal
}

/**
 * Steps that name the step that follows them.
 *
 * ```ts
 * const greet = new StepFunction('greet')
 * greet.addStep('Load', { func: (id: number) => ({ id, name: 'Ada' }), nextStep: 'Greet' })
 * greet.addStep('Greet', { func: ({ name }) => `Hello ${name}` })
 * greet.setStartStep('Load')
 * const { result, context } = await greet.execute(1)
 * console.log(result) // Hello Ada
 * console.log(context.Load) // { id: 1, name: 'Ada' }
 * ```
 *
 * @throws FlowError INVALID_FLOW, from what adds steps if an option is wrong; from `execute` with all that does not fit together,
 *   or INVALID_INPUT if its own options are wrong
 * @throws StepFailedError from `execute`, if a step fails and nothing handles it
 */
// biome-ignore lint/suspicious/noExplicitAny: what goes in and comes out is its functions' affair, unless it is said
export class StepFunction<Input = any, Output = any> implements SubStepFunction, Runnable<Input, Output> {
  declare readonly '~types': { readonly input: (input: Input) => void; readonly output: Output }
  readonly name: string
  readonly #steps = new Map<string, StepDefinition>()
  readonly #maxVisits: number | undefined
  readonly #hooks: StepFunctionHooks | undefined
  readonly #log: Log
  readonly #clock: Clock
  #start: string | undefined
  /** Step functions that are parts of it. */
  readonly #inside: SubStepFunction[] = []
  #revision = 0
  /** As it is now; made when it is asked for. */
  #definition: Definition | undefined
  /** By path: a path's step never changes, so that its component stays the same. */
  readonly #components = new Map<string, Component>()
  /** What was compiled, and of which revision. */
  #program: Program | undefined
  #compiled = 0
  #running: { readonly engine: PlanEngine; readonly program: Program } | undefined
  #latest: Execution | undefined
  #status: Status = 'INITIALIZED'

  constructor(name: string, options: StepFunctionOptions = {}) {
    this.name = readName(name, 'the name of a step function')
    checkStepFunctionOptions(`step function "${name}"`, options, hookNames)
    const { hooks, maxVisits, log = consoleLog, clock = systemClock } = options
    this.#maxVisits = maxVisits
    this.#hooks = hooks
    this.#log = log
    this.#clock = clock
  }

  /** Reads what `toJSON` gave; `functions` has those that it names. */
  static fromJSON(spec: StepFunctionSpec, functions: Functions, options: StepFunctionOptions = {}): StepFunction {
    return readSpec(spec, functions, (name, own) => new StepFunction(name, { ...options, ...own }))
  }

  /** Adds a step; names are unique. */
  addStep(name: string, options: StepOptions<StepContext>): this {
    return this.#add(defineStep(name, options))
  }

  /** Adds another step function as a step; its result is the step's. */
  addSubStepFunction(name: string, of: SubStepFunction, settings: StepSettings = {}): this {
    return this.#add(defineSubStep(name, of, settings))
  }

  setStartStep(name: string): this {
    this.#start = readName(name, 'the start step')
    this.#change()
    return this
  }

  /** What was added, by name. */
  get steps(): Readonly<Record<string, StepDefinition>> {
    return Object.freeze(Object.fromEntries(this.#steps))
  }

  get startStep(): string | undefined {
    return this.#start
  }

  /** How the latest execution stands. */
  get status(): Status {
    return this.#status
  }

  /** Of the latest execution: the result of the step that succeeded last. */
  get lastResult(): unknown {
    return this.#latest?.lastResult
  }

  /** Of the latest execution: results and errors by step. */
  get context(): Readonly<Record<string, unknown>> {
    return this.#latest?.root.context ?? {}
  }

  /** What is wrong with it, nothing left out; errors keep it from being executed. */
  validate(): Diagnostic[] {
    return checkDefinition(this[DEFINITION])
  }

  /**
   * Runs it once. Rejects with a StepFailedError if a step fails and nothing handles it, with a FlowError if the steps do
   * not fit together or the signal stops it.
   */
  async execute(input?: Input, options?: ExecuteOptions): Promise<ExecutionResult<Output>> {
    checkExecute(`execute of "${this.name}"`, options)
    const signal = options?.signal
    const { engine, program } = this.#engine()
    const execution = new Execution(this[DEFINITION], input, this.#clock)
    this.#latest = execution
    this.#status = 'RUNNING'
    try {
      if (signal?.aborted) throw stopped(signal)
      const about = { local: execution, ...(signal ? { signal } : {}) }
      return this.#ended(execution, await engine.runDirectly(program.plan, input, about), signal)
    } catch (error) {
      execution.end({ error })
      if (execution === this.#latest) this.#status = 'FAILED'
      throw error
    }
  }

  /** A drawing, as text. */
  visualize(options?: { readonly format?: DrawFormat }): string {
    return drawPlan(this[PROGRAM].sketch, options)
  }

  /** What leads where, with functions by name. */
  toJSON(): StepFunctionSpec {
    return writeSpec(this[DEFINITION])
  }

  get [DEFINITION](): Definition {
    this.#definition ??= {
      name: this.name,
      steps: this.#steps,
      start: this.#start,
      maxVisits: this.#maxVisits,
      revision: this.#revision,
      inside: this.#inside,
      ...(this.#hooks ? { hooks: this.#hooks } : {}),
    }
    return this.#definition
  }

  get [PROGRAM](): Program {
    const revision = revisionOf(this[DEFINITION])
    if (this.#program && this.#compiled === revision) return this.#program
    const found = this.validate()
    if (hasErrors(found)) {
      const errors = found.filter(({ level }) => level === 'error')
      const told = errors.map(({ message, hint }) => (hint ? `${message}; ${hint}` : message)).join('\n')
      throw new FlowError('INVALID_FLOW', told, { data: errors.map(({ code, message }) => ({ code, message })) })
    }
    for (const { message } of found) this.#log('warning', message)
    const { plan, parts } = compileStepFunction(this[DEFINITION])
    for (const [path, part] of parts) {
      if (!this.#components.has(path)) this.#components.set(path, componentOf(path, part))
    }
    this.#program = {
      plan,
      components: new Map(this.#components),
      sketch: sketchStepFunction(this[DEFINITION]),
      begin: (input) => this.#follow(new Execution(this[DEFINITION], input, this.#clock)),
    }
    this.#compiled = revision
    return this.#program
  }

  #add(step: StepDefinition): this {
    if (this.#steps.has(step.name)) throw wrong(`there is a step "${step.name}" already; names of steps are unique`)
    this.#steps.set(step.name, step)
    this.#inside.push(...insideOf(step))
    this.#change()
    return this
  }

  #change(): void {
    this.#revision++
    this.#definition = undefined
  }

  #engine() {
    const program = this[PROGRAM]
    if (this.#running?.program === program) return this.#running
    const router = new LocalRouter()
    router.add(program)
    const store = createMemoryStore({ forget: true, clock: this.#clock })
    const engine = createEngine({ store, router, clock: this.#clock, log: this.#log })
    this.#running = { engine, program }
    return this.#running
  }

  /** A run by an engine, for those who watch and for handlers, which are given what was thrown. */
  #follow(execution: Execution) {
    return {
      local: execution,
      end: (outcome: Outcome) => {
        if (outcome.outcome === 'success') execution.end({ output: outcome.result })
        else execution.end({ error: this.#failure(execution, outcome, undefined) })
      },
    }
  }

  #ended(execution: Execution, outcome: Outcome, signal: AbortSignal | undefined): ExecutionResult<Output> {
    if (outcome.outcome !== 'success') throw this.#failure(execution, outcome, signal)
    execution.end({ output: outcome.result })
    if (execution === this.#latest) this.#status = 'COMPLETED'
    return executionResult(execution, outcome.result as Output) // what its functions give
  }

  #failure(execution: Execution, outcome: Outcome, signal: AbortSignal | undefined): Error {
    if (outcome.outcome !== 'failed') return new FlowError('INTERNAL', `"${this.name}" ended without a result`)
    const { error: value } = outcome
    const step = this.#steps.get(value.step ?? '')
    if (!step) return signal?.aborted ? stopped(signal) : errorFrom(value)
    const cause = execution.fail([step.name], step, value)
    return stepFailed({ workflow: this.name, step: step.name, cause, context: execution.root.context })
  }
}

// ---

function stopped({ reason }: AbortSignal): FlowError {
  const why = reason instanceof Error ? reason.message : shown(reason)
  return new FlowError('CANCELLED', `the execution was stopped by its signal: ${why}`, { cause: reason })
}
