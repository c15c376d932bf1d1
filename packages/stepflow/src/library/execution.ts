// What one execution of a step function knows of itself: results and errors by step, with what was really thrown.
// The engine carries errors as data; here they stay what they were. Decides nothing about where to go.

import { DEFINITION, type Definition, type Inside, type Place, type StepDefinition } from '@stepflow/dialects'
import { type Clock, type ErrorValue, errorValue, setOwn } from '@stepflow/engine'
import { type StepEvent, type StepFunctionHooks, tell } from './hooks.ts'
import { type Begun, Scope } from './scope.ts'
import { asError, errorFrom, StepFailedError } from './step-failed.ts'

/** What an event is about. */
export interface StepFacts {
  readonly step: string
  readonly task?: string
}

export class Execution {
  readonly root: Scope
  readonly clock: Clock
  lastResult: unknown
  /** A failure was handled; the last one that was. */
  recovered: { readonly error: unknown } | undefined
  isOver = false
  #lastResultBefore: unknown
  /** By place, without the outermost. */
  #scopes: Map<string, Scope> | undefined
  /** By place: what was thrown there last. */
  #thrown: Map<string, unknown> | undefined

  constructor(definition: Definition, input: unknown, clock: Clock) {
    this.clock = clock
    const hooks = definition.hooks as StepFunctionHooks | undefined
    this.root = this.#newScope(definition.name, hooks, input, definition.steps.size)
    this.#tellWorkflow(this.root, 'onWorkflowStart', { status: 'RUNNING' })
  }

  scope(key: string): Scope | undefined {
    return key === '' ? this.root : this.#scopes?.get(key)
  }

  /** A step or a task begins; an attempt that is not its first begins nothing. */
  begin(scope: Scope, name: string, input: unknown, about: StepFacts): void {
    if (!scope.hooks) {
      // Who failed in the outermost is told by the engine.
      if (scope !== this.root) scope.begin(name, { input, startedAt: 0 })
      return
    }
    const begun = { input, startedAt: this.clock.now() }
    scope.begin(name, begun)
    tell<StepEvent>(scope.hooks.onStepStart, { workflow: scope.workflow, ...about, ...begun })
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

  threw(place: string, thrown: unknown): void {
    this.#thrown ??= new Map()
    this.#thrown.set(place, thrown)
  }

  /** A step whose work had succeeded fails after all: its branch did. */
  reopen(scope: Scope, name: string, input: unknown): void {
    scope.begin(name, { input, startedAt: this.clock.now() })
    if (scope === this.root) this.lastResult = this.#lastResultBefore
  }

  /** What is inside a step begins. */
  enter(key: string, around: Scope, of: Inside, step: string, input: unknown): void {
    if (of.kind === 'parallel') {
      this.#keep(key, this.#newScope(around.workflow, around.hooks, input, of.tasks.length))
      return
    }
    const { definition } = of
    const hooks = (definition.hooks as StepFunctionHooks | undefined) ?? around.hooks
    const scope = this.#newScope(`${around.workflow} > ${step}`, hooks, input, definition.steps.size)
    this.#keep(key, scope)
    this.#tellWorkflow(scope, 'onWorkflowStart', { status: 'RUNNING' })
  }

  leave(scope: Scope, output: unknown): void {
    this.#tellWorkflow(scope, 'onWorkflowEnd', { status: 'COMPLETED', output })
  }

  /** A step has failed for good: its error, as it stands in the context from now on. */
  fail(place: Place, step: StepDefinition, value: ErrorValue): Error {
    const scope = this.scope(keyOf(place.slice(0, -1))) as Scope // whoever is in it has entered it
    const error = this.#errorAt(place, step, value)
    scope.set(step.name, error)
    this.#tellFailure(scope, step.name, error, { step: step.name })
    return error
  }

  failTask(scope: Scope, name: string, error: Error, step: string): Error {
    setOwn(scope.errors, name, error)
    this.#tellFailure(scope, name, error, { step, task: name })
    return error
  }

  /** The error of a task that is a step function. */
  errorOfTask(place: Place, definition: Definition, value: ErrorValue): Error {
    return this.#errorInside(place, definition, value) ?? errorFrom(value)
  }

  end(outcome: { readonly output: unknown } | { readonly error: unknown }): void {
    this.isOver = true
    const status = 'error' in outcome ? 'FAILED' : 'COMPLETED'
    this.#tellWorkflow(this.root, 'onWorkflowEnd', { status, ...outcome })
  }

  // --- errors

  #errorAt(place: Place, step: StepDefinition, value: ErrorValue): Error {
    const key = keyOf(place)
    const thrown = this.#thrown?.get(key)
    if (this.#thrown?.has(key) && isSame(thrown, value)) return asError(thrown)
    const { work } = step
    if (work.kind === 'sub') return this.errorOfTask(place, work.of[DEFINITION], value)
    return (work.kind === 'parallel' && this.#errorOfParallel(place, step, value)) || errorFrom(value)
  }

  /** Undefined: nothing inside failed; it was too late, or cut off. */
  #errorInside(place: Place, definition: Definition, value: ErrorValue): StepFailedError | undefined {
    const scope = this.scope(keyOf(place))
    const name = scope?.firstOpen
    const step = name === undefined ? undefined : definition.steps.get(name)
    if (!scope || !step) return undefined
    const cause = this.fail([...place, step.name], step, value)
    if (!isSame(rootOf(cause), value)) return undefined
    const { workflow } = scope
    const error = new StepFailedError({ workflow, step: step.name, cause, context: scope.context })
    this.#tellWorkflow(scope, 'onWorkflowEnd', { status: 'FAILED', error })
    return error
  }

  #errorOfParallel(place: Place, step: StepDefinition, value: ErrorValue): StepFailedError | undefined {
    const scope = this.scope(keyOf(place))
    if (!scope || step.work.kind !== 'parallel') return undefined
    for (const [name, task] of step.work.tasks) {
      if (task.kind !== 'sub' || !scope.isOpen(name)) continue
      const error = this.#errorInside([...place, name], task.of[DEFINITION], value)
      if (error) this.failTask(scope, name, error, step.name)
    }
    const [cause] = Object.values(scope.errors).filter((error) => isSame(rootOf(error), value))
    if (cause === undefined) return undefined
    const around = this.scope(keyOf(place.slice(0, -1))) as Scope // it is inside it
    const results = scope.context
    const { errors } = scope
    return new StepFailedError({
      workflow: around.workflow,
      step: step.name,
      cause,
      context: around.context,
      results,
      errors,
    })
  }

  // --- telling

  #tellFailure(scope: Scope, name: string, error: Error, about: StepFacts): void {
    const begun = scope.end(name) ?? { input: undefined, startedAt: this.clock.now() }
    if (scope.hooks) tell<StepEvent>(scope.hooks.onStepFailure, this.#ended(scope, begun, { ...about, error }))
  }

  #ended<T extends { step: string }>(scope: Scope, { input, startedAt }: Begun, about: T) {
    const finishedAt = this.clock.now()
    return { workflow: scope.workflow, input, startedAt, finishedAt, durationMs: finishedAt - startedAt, ...about }
  }

  #tellWorkflow(
    { workflow, input, startedAt, hooks }: Scope,
    name: 'onWorkflowStart' | 'onWorkflowEnd',
    about: { status: 'RUNNING' | 'COMPLETED' | 'FAILED'; output?: unknown; error?: unknown },
  ): void {
    if (!hooks?.[name]) return
    const finishedAt = this.clock.now()
    const times = name === 'onWorkflowEnd' ? { finishedAt, durationMs: finishedAt - startedAt } : {}
    tell(hooks[name], { workflow, input, startedAt, ...times, ...about })
  }

  #keep(key: string, scope: Scope): void {
    this.#scopes ??= new Map()
    this.#scopes.set(key, scope)
  }

  #newScope(workflow: string, hooks: StepFunctionHooks | undefined, input: unknown, size: number): Scope {
    // Only those who watch ask when it began.
    return new Scope(workflow, hooks, input, hooks ? this.clock.now() : 0, size)
  }
}

export function keyOf(place: Place): string {
  return place.join('\0')
}

// ---

/** A retry may have thrown something else before the failure that counts. */
function isSame(thrown: unknown, value: ErrorValue): boolean {
  const known = errorValue(thrown)
  return known.message === value.message && known.code === value.code
}

/** What made a step function inside fail, however deep it is. */
function rootOf(error: unknown): unknown {
  let at = error
  while (at instanceof StepFailedError) at = at.cause
  return at
}
