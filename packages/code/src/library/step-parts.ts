// What the components of a compiled step function do: call the author's functions, and tell the execution, if one is kept.

import {
  type CallContext,
  type Component,
  type ErrorValue,
  FlowError,
  isPromise,
  isRecord,
  own,
  Park,
  Skip,
  setOwn,
} from '@stepflow/engine'
import { type Part, resultsOf } from '../compile/compile.ts'
import type { Branch, StepDefinition } from '../compile/definition.ts'
import { shown } from '../compile/options.ts'
import { Execution, keyOf } from './execution.ts'
import { promised } from './promised.ts'
import type { Scope } from './scope.ts'
import { StepView } from './step-context.ts'
import { asError, errorFrom } from './step-failed.ts'

export function componentOf(path: string, part: Part): Component {
  const info = { name: path, ...(part.kind === 'call' || part.kind === 'branch' ? {} : { repeatable: true }) }
  switch (part.kind) {
    case 'call':
      return { info, call: callOf(part) }
    case 'branch':
      return { info, call: branchOf(part) }
    case 'failure':
      return { info, call: failureOf(part) }
    case 'enter':
      return { info, call: enterOf(part) }
    case 'leave':
      return { info, call: leaveOf(part) }
  }
}

// ---

/** What is kept of the execution that a call belongs to. A run that an engine was given has none. */
function executionOf({ local }: CallContext): Execution | undefined {
  return local instanceof Execution ? local : undefined
}

type PartOf<K extends Part['kind']> = Extract<Part, { kind: K }>

function callOf({ place, fn, step, task }: PartOf<'call'>): Component['call'] {
  const around = keyOf(place.slice(0, -1))
  const name = place[place.length - 1] as string // a place has at least one part
  const choice = task ? undefined : choiceOf(step)
  const next = task ? undefined : step.next
  const about = task ? { step: step.name, task: name } : { step: name }
  // Only these can be cut off while the execution goes on.
  const among = task ? 'around' : 'siblings'
  const mayBeLate = around !== '' || step.timeoutMs !== undefined

  const succeed = (execution: Execution, scope: Scope, value: unknown, call: CallContext) => {
    const output = ordinary(value, name)
    const nextStep = choice ? choice(output, call) : next
    execution.succeed(scope, name, output, about, nextStep)
    return output
  }
  const fail = (execution: Execution, scope: Scope, input: unknown, thrown: unknown) => {
    if (task) execution.failTask(scope, name, asError(thrown), step.name)
    else execution.threw(scope, name, input, thrown)
  }

  return (input, call) => {
    const execution = executionOf(call)
    const scope = execution?.scope(around)
    if (!execution || !scope) return checked(promised(fn(input, new StepView(call, among))), name, choice, call)
    if (call.attempt === 1) execution.begin(scope, name, input, about, call)
    else execution.beginAgain(scope, name, call)
    try {
      const answer = promised(fn(input, new StepView(call, among)))
      if (!isPromise(answer)) return succeed(execution, scope, answer, call)
      const signal = mayBeLate ? call.signal : undefined
      const isLate = () => execution.isOver || signal?.aborted === true
      return answer.then(
        (value) => {
          if (isLate()) return null
          try {
            return succeed(execution, scope, value, call)
          } catch (thrown) {
            fail(execution, scope, input, thrown)
            throw thrown
          }
        },
        (thrown) => {
          if (!isLate()) fail(execution, scope, input, thrown)
          throw thrown
        },
      )
    } catch (thrown) {
      fail(execution, scope, input, thrown)
      throw thrown
    }
  }
}

/** What a step hands on; throws for what only components of flows can return. */
function ordinary(value: unknown, name: string): unknown {
  if (value === undefined) return null
  if (typeof value !== 'object' || value === null || !(value instanceof Skip || value instanceof Park)) return value
  const why =
    value instanceof Skip
      ? 'returned a Skip, but nothing would follow: return a value, and let its branch lead on'
      : 'returned a Park, but steps of a step function cannot be put aside: await what it waits for'
  throw new FlowError('COMPONENT_FAILED', `step "${name}" ${why}`, { retryable: false })
}

type Choice = (result: unknown, call: CallContext) => string | undefined

/** Where a record leads; throws if it leads nowhere. */
function choiceOf({ name, branch }: StepDefinition): Choice | undefined {
  if (branch?.kind !== 'record') return undefined
  const targets = new Map<unknown, string>()
  for (const [key, target] of branch.targets) for (const result of resultsOf(key)) targets.set(result, target)
  return (result, call) => {
    const target = targets.get(result)
    if (target !== undefined) return target
    if (branch.default !== undefined) return branch.default
    if (result !== null && result !== undefined) throw unmatched(name, result, branch)
    call.log('warning', 'it returned nothing, and its branch has no "default": the workflow ends here')
    return undefined
  }
}

function unmatched(name: string, result: unknown, { targets }: Extract<Branch, { kind: 'record' }>): FlowError {
  const known = [...targets.keys()].map((key) => JSON.stringify(key)).join(', ')
  return new FlowError(
    'COMPONENT_FAILED',
    `step "${name}" returned ${shown(result)}, which no branch matches: there are ${known}; add it, or a "default"`,
    { retryable: false },
  )
}

function checked(answer: unknown, name: string, choice: Choice | undefined, call: CallContext): unknown {
  const check = (value: unknown) => {
    const output = ordinary(value, name)
    choice?.(output, call)
    return output
  }
  return isPromise(answer) ? answer.then(check) : check(answer)
}

function branchOf({ place, step, among }: PartOf<'branch'>): Component['call'] {
  const around = keyOf(place.slice(0, -1))
  const choose = (step.branch as Extract<Branch, { kind: 'function' }>).choose as (result: unknown) => unknown
  const named = (target: unknown, call: CallContext): string | null => {
    if (target === null || target === undefined) {
      call.log('warning', 'its branch chose nothing: the workflow ends here')
      return null
    }
    if (typeof target === 'string' && among.steps.has(target)) return target
    const known = [...among.steps.keys()].map((name) => `"${name}"`).join(', ')
    throw new FlowError(
      'COMPONENT_FAILED',
      `the branch of step "${step.name}" chose ${shown(target)}, which is not a step: there are ${known}`,
      { retryable: false },
    )
  }
  const failed = (thrown: unknown, input: unknown, call: CallContext): never => {
    const execution = executionOf(call)
    const scope = execution?.scope(around)
    if (execution && scope) {
      execution.revoke(scope)
      execution.threw(scope, step.name, input, thrown)
    }
    throw thrown
  }
  return (input, call) => {
    try {
      const target = promised(choose(input))
      if (!isPromise(target)) return named(target, call)
      return target.then((value) => named(value, call)).catch((thrown) => failed(thrown, input, call))
    } catch (thrown) {
      return failed(thrown, input, call)
    }
  }
}

/** Hands the handler what was thrown; where only data is known, the data. */
function failureOf({ place, step }: PartOf<'failure'>): Component['call'] {
  return (input, call) => {
    const execution = executionOf(call)
    if (!execution) return input
    const error = execution.fail(place, step, input as ErrorValue) // the engine's
    execution.recovered = { error }
    return error
  }
}

function enterOf({ place, step, of }: PartOf<'enter'>): Component['call'] {
  const { around, name, about } = outside(place, step, of)
  return (input, call) => {
    const execution = executionOf(call)
    const scope = execution?.scope(around)
    if (execution && scope) {
      // Asked for while it runs, its signal says afterwards whether it took too long.
      if (step.timeoutMs !== undefined) void call.around?.signal
      if (scope.begun(name)) execution.beginAgain(scope, name, call.around)
      else execution.begin(scope, name, input, about, call.around)
      execution.enter(keyOf(place), scope, of, step, name, input)
    }
    return input
  }
}

function leaveOf({ place, step, of }: PartOf<'leave'>): Component['call'] {
  const { around, name, about } = outside(place, step, of)
  const choice = of.kind === 'parallel' ? choiceOf(step) : undefined
  return (input, call) => {
    const execution = executionOf(call)
    const inside = execution?.scope(keyOf(place))
    const scope = execution?.scope(around)
    const output = of.kind === 'parallel' ? recordOf(input, place, step, execution, inside) : input
    let nextStep: string | undefined
    try {
      nextStep = choice ? choice(output, call) : step.next
    } catch (thrown) {
      if (execution && scope) execution.threw(scope, name, scope.begun(name)?.input, thrown)
      throw thrown
    }
    if (!execution || !scope || !inside) return output
    execution.leave(inside, output)
    execution.succeed(scope, name, output, about, 'task' in about ? undefined : nextStep)
    // A step function's place in the context is its own context.
    if (of.kind === 'sub' && !of.task) scope.set(name, inside.context)
    return output
  }
}

function outside(place: readonly string[], step: StepDefinition, of: PartOf<'enter'>['of']) {
  const name = place[place.length - 1] as string // a place has at least one part
  const about = of.kind === 'sub' && of.task ? { step: step.name, task: name } : { step: name }
  return { around: keyOf(place.slice(0, -1)), name, about }
}

/** How each task ended: its result, or its error in the result's place. */
function recordOf(
  outcomes: unknown,
  place: readonly string[],
  step: StepDefinition,
  execution: Execution | undefined,
  scope: Scope | undefined,
): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  if (step.work.kind !== 'parallel') return record
  for (const [name, task] of step.work.tasks) {
    const outcome = own(outcomes, name)
    const error = own(outcome, 'error') as ErrorValue | undefined
    if (!isRecord(error)) setOwn(record, name, own(outcome, 'value') ?? null)
    else if (!execution || !scope) setOwn(record, name, error)
    else if (Object.hasOwn(scope.errors, name)) setOwn(record, name, scope.errors[name])
    else if (task.kind === 'sub') {
      const inside = execution.errorOfTask([...place, name], scope, name, error)
      setOwn(record, name, execution.failTask(scope, name, inside, step.name))
    } else setOwn(record, name, errorFrom(error))
  }
  return record
}
