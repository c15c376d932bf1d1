// What one execution of a step function knows: results and errors by step, with the values that were really thrown (the
// engine carries errors as data). Does not decide where to go.

import { type CallContext, type Clock, type ErrorValue, errorValue, FlowError, setOwn } from '@stepflow/engine'
import type { Inside, Place } from '../compile/compile.ts'
import type { Definition, StepDefinition } from '../compile/definition.ts'
import { type StepEvent, type StepFunctionHooks, tell } from './hooks.ts'
import { type Begun, type Parallel, Scope } from './scope.ts'
import { asError, errorFrom, StepFailedError, stepFailed } from './step-failed.ts'

/** What an event is about. */
export interface StepFacts {
  readonly step: string
  readonly task?: string
  readonly nextStep?: string
}

export class Execution {
  readonly root: Scope
  readonly clock: Clock
  lastResult: unknown
  /** A failure was handled, here or inside; the last one that was. */
  recovered: { readonly error: unknown } | undefined
  isOver = false
  #lastResultBefore: unknown
  /** By place, without the outermost. */
  #scopes: Map<string, Scope> | undefined

  constructor(definition: Definition, input: unknown, clock: Clock) {
    this.clock = clock
    const hooks = definition.hooks as StepFunctionHooks | undefined
    this.root = this.#newScope({ workflow: definition.name, hooks }, input, definition.steps.size)
    this.#tellWorkflow(this.root, 'onWorkflowStart', { status: 'RUNNING' })
  }

  scope(key: string): Scope | undefined {
    return key === '' ? this.root : this.#scopes?.get(key)
  }

  /** A step or a task begins. */
  begin(scope: Scope, name: string, input: unknown, about: StepFacts, call: CallContext | undefined): void {
    if (!scope.hooks) {
      // Who failed in the outermost is told by the engine.
      if (scope !== this.root) scope.begin(name, { input, startedAt: 0, call, thrown: undefined })
      return
    }
    const startedAt = this.clock.now()
    scope.begin(name, { input, startedAt, call, thrown: undefined })
    tell<StepEvent>(scope.hooks.onStepStart, { workflow: scope.workflow, ...about, input, startedAt })
  }

  /** An attempt that is not the first: nobody is told, and what was thrown before counts no more. */
  beginAgain(scope: Scope, name: string, call: CallContext | undefined): void {
    const begun = scope.begun(name)
    if (!begun) return
    begun.call = call
    begun.thrown = undefined
  }

  succeed(scope: Scope, name: string, output: unknown, about: StepFacts, nextStep: string | undefined): void {
    scope.set(name, output)
    if (scope === this.root) {
      this.#lastResultBefore = this.lastResult
      this.lastResult = output
    }
    const begun = scope.end(name)
    if (!begun || !scope.hooks) return
    const next = nextStep === undefined ? {} : { nextStep }
    tell<StepEvent>(scope.hooks.onStepSuccess, this.#ended(scope, begun, { ...about, output, ...next }))
  }

  /** An attempt failed; whether it was the last one is not known here. */
  threw(scope: Scope, name: string, input: unknown, what: unknown): void {
    const at = scope.hooks ? this.clock.now() : 0
    const begun = scope.begun(name)
    if (begun) begun.thrown = { what, at }
    else scope.begin(name, { input, startedAt: at, call: undefined, thrown: { what, at } })
  }

  /** A step whose work had succeeded fails after all: its branch did. */
  revoke(scope: Scope): void {
    if (scope === this.root) this.lastResult = this.#lastResultBefore
  }

  /** What is inside a step begins: another attempt, if there was one that has not ended. */
  enter(key: string, around: Scope, of: Inside, step: StepDefinition, name: string, input: unknown): void {
    const before = this.#scopes?.get(key)
    if (before && !before.isOver) this.#endInside(key, before, undefined)
    this.#scopes ??= new Map()
    if (of.kind === 'parallel') {
      this.#scopes.set(key, this.#newScope(around, input, of.tasks.length, { step, around }))
      return
    }
    const { definition } = of
    const hooks = (definition.hooks as StepFunctionHooks | undefined) ?? around.hooks
    const scope = this.#newScope({ workflow: `${around.workflow} > ${name}`, hooks }, input, definition.steps.size)
    this.#scopes.set(key, scope)
    this.#tellWorkflow(scope, 'onWorkflowStart', { status: 'RUNNING' })
  }

  leave(scope: Scope, output: unknown): void {
    scope.isOver = true
    if (!scope.parallel) this.#tellWorkflow(scope, 'onWorkflowEnd', { status: 'COMPLETED', output })
  }

  /** A step has failed for good: its error, as it stands in the context from now on. */
  fail(place: Place, step: StepDefinition, value: ErrorValue): Error {
    const scope = this.scope(keyOf(place.slice(0, -1))) as Scope // whoever is in it has entered it
    const error = this.#errorOf(keyOf(place), scope, step.name, value, errorFrom(value)) as Error // at least the last one
    scope.set(step.name, error)
    // Who handles it comes next.
    const next = step.onFailure === undefined ? {} : { nextStep: step.onFailure }
    this.#tellFailure(scope, step.name, error, { step: step.name, ...next })
    return error
  }

  failTask(scope: Scope, name: string, error: Error, step: string): Error {
    setOwn(scope.errors, name, error)
    this.#tellFailure(scope, name, error, { step, task: name })
    return error
  }

  /** The error of a task that is a step function. */
  errorOfTask(place: Place, scope: Scope, name: string, value: ErrorValue): Error {
    return this.#errorOf(keyOf(place), scope, name, value, errorFrom(value)) as Error // at least the last one
  }

  end(outcome: { readonly output: unknown } | { readonly error: unknown }): void {
    this.isOver = true
    const isFailed = 'error' in outcome
    // What is in flight is cut off: nobody hears it any more.
    if (isFailed) this.#endOpen('', this.root, errorValue(outcome.error))
    this.#tellWorkflow(this.root, 'onWorkflowEnd', { status: isFailed ? 'FAILED' : 'COMPLETED', ...outcome })
  }

  // --- errors

  /**
   * Why what has begun under a name failed, if it did so with this value (any, if it is not known); what is open inside it
   * ends. `own`: it has certainly failed itself, at least with this. Undefined: it was cut off.
   */
  #errorOf(key: string, scope: Scope, name: string, value: ErrorValue | undefined, own?: Error): Error | undefined {
    const begun = scope.begun(name)
    const inside = this.#scopes?.get(key)
    const found = inside && !inside.isOver ? this.#endInside(key, inside, value) : undefined
    if (begun?.thrown && isSame(begun.thrown.what, value)) return asError(begun.thrown.what)
    const error = found ?? timeoutOf(begun, value) ?? own
    if (!error || !inside?.parallel || (!found && !isStopping(inside.parallel))) return error
    const { workflow, context } = scope
    return new StepFailedError({
      workflow,
      step: name,
      cause: error,
      context,
      results: inside.context,
      errors: inside.errors,
    })
  }

  /** What is inside a step ends without a result: the error that this makes of it, if it failed by itself. */
  #endInside(key: string, scope: Scope, value: ErrorValue | undefined): Error | undefined {
    scope.isOver = true
    const wasOpen = scope.open.length > 0
    const failed = this.#endOpen(key, scope, value)
    if (scope.parallel) return Object.values(scope.errors).find((error) => isSame(rootOf(error), value)) as Error // errors alone
    let error: Error | undefined
    if (failed) error = stepFailed({ workflow: scope.workflow, context: scope.context, ...failed })
    // None of its steps was at work: one was reached too often.
    else if (value && !wasOpen && !scope.isFresh) error = errorFrom(value)
    const told = { status: 'FAILED', error: error ?? cutOff(value) } as const
    this.#tellWorkflow(scope, 'onWorkflowEnd', told, failed?.at)
    return error
  }

  /** All that has begun and not ended ends now; the first that failed by itself, and not because it was cut off. */
  #endOpen(key: string, scope: Scope, value: ErrorValue | undefined) {
    let first: { readonly step: string; readonly cause: Error; readonly at: number | undefined } | undefined
    for (const [name, { thrown }] of scope.open) {
      const error = this.#errorOf(key === '' ? name : `${key}\0${name}`, scope, name, value)
      if (error && scope.parallel) setOwn(scope.errors, name, error)
      else if (error) scope.set(name, error)
      const about = scope.parallel ? { step: scope.parallel.step.name, task: name } : { step: name }
      this.#tellFailure(scope, name, error ?? cutOff(value), about)
      if (error) first ??= { step: name, cause: error, at: thrown?.at }
    }
    return first
  }

  // --- telling

  #tellFailure(scope: Scope, name: string, error: Error, about: StepFacts): void {
    const begun = scope.end(name)
    if (!scope.hooks) return
    const known = begun ?? { input: undefined, startedAt: this.clock.now(), thrown: undefined }
    tell<StepEvent>(scope.hooks.onStepFailure, this.#ended(scope, known, { ...about, error }))
  }

  #ended<T extends { step: string }>(scope: Scope, { input, startedAt, thrown }: Omit<Begun, 'call'>, about: T) {
    const finishedAt = thrown?.at ?? this.clock.now()
    return { workflow: scope.workflow, input, startedAt, finishedAt, durationMs: finishedAt - startedAt, ...about }
  }

  #tellWorkflow(
    { workflow, input, startedAt, hooks }: Scope,
    name: 'onWorkflowStart' | 'onWorkflowEnd',
    about: { status: 'RUNNING' | 'COMPLETED' | 'FAILED'; output?: unknown; error?: unknown },
    at?: number,
  ): void {
    if (!hooks?.[name]) return
    const finishedAt = at ?? this.clock.now()
    const times = name === 'onWorkflowEnd' ? { finishedAt, durationMs: finishedAt - startedAt } : {}
    tell(hooks[name], { workflow, input, startedAt, ...times, ...about })
  }

  #newScope(of: Pick<Scope, 'workflow' | 'hooks'>, input: unknown, size: number, parallel?: Parallel): Scope {
    // Only those who watch ask when it began.
    return new Scope(of, input, of.hooks ? this.clock.now() : 0, size, parallel)
  }
}

export function keyOf(place: Place): string {
  return place.join('\0')
}

// ---

/** An attempt that was retried may have thrown something else than what the step failed with. */
function isSame(thrown: unknown, value: ErrorValue | undefined): boolean {
  if (value === undefined) return true
  const known = errorValue(thrown)
  return known.message === value.message && known.code === value.code
}

/** What says that an attempt took too long, if it did. */
function timeoutOf(begun: Begun | undefined, value: ErrorValue | undefined): Error | undefined {
  if (!begun?.call || (value && value.code !== 'TIMEOUT')) return undefined
  const { reason } = begun.call.signal
  return FlowError.is(reason) && reason.code === 'TIMEOUT' && isSame(reason, value) ? reason : undefined
}

function cutOff(value: ErrorValue | undefined): FlowError {
  return new FlowError(
    'CANCELLED',
    `it was cut off: ${value ? value.message : 'its attempt failed, and another begins'}`,
  )
}

function isStopping({ step: { work } }: Parallel): boolean {
  return work.kind === 'parallel' && work.onFailure === 'stop'
}

/** What made a step function inside fail, however deep it is. */
function rootOf(error: unknown): unknown {
  let at = error
  while (at instanceof StepFailedError) at = at.cause
  return at
}
