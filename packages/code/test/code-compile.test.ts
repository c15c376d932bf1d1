// Step functions as plans: what leads where, and what each component of the plan stands for. Nothing is run here.

import type { Plan, PlanStep } from '@stepflow/engine'
import { checkPlan } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { type CompiledStepFunction, compileStepFunction, sketchStepFunction } from '../src/compile/compile.ts'
import {
  DEFINITION,
  type Definition,
  defineStep,
  defineSubStep,
  insideOf,
  type StepDefinition,
  type StepOptions,
  type SubStepFunction,
} from '../src/compile/definition.ts'

const func = () => 1

/** The first step is where it starts. */
function definition(steps: readonly StepDefinition[], maxVisits?: number): Definition {
  return {
    name: 'car sale',
    steps: new Map(steps.map((step) => [step.name, step])),
    start: steps[0]?.name,
    maxVisits,
    revision: 0,
    inside: steps.flatMap(insideOf),
  }
}

const step = (name: string, options: Partial<StepOptions<never>> = {}) => defineStep(name, { func, ...options })
const sub = (...steps: StepDefinition[]): SubStepFunction => ({ [DEFINITION]: definition(steps) })
const compiled = (...steps: StepDefinition[]) => compileStepFunction(definition(steps))

function find(plan: Plan, id: string): PlanStep {
  const found = plan.steps.find((one) => one.id === id)
  if (!found) throw new Error(`there is no step ${id}: ${plan.steps.map((one) => one.id)}`)
  return found
}

/** `done "valid" -> Update`: a step's transitions, with the names of where they lead. */
function leads(plan: Plan, id: string): string[] {
  return (find(plan, id).next ?? []).map(({ on, equals, to }) => {
    const result = equals === undefined ? '' : ` ${JSON.stringify(equals)}`
    return `${on}${result} -> ${plan.steps[to]?.id}`
  })
}

/** The plan that runs inside a step. */
function inside(plan: Plan, id: string): Plan {
  const { component, input } = find(plan, id)
  expect(component).toBe('$core/run')
  if (input.op !== 'object') throw new Error(`${id} gives its run ${input.op}`)
  const given = input.of.find(([key]) => key === 'plan')?.[1]
  if (given?.op !== 'literal') throw new Error(`${id} names no plan`)
  return given.value as unknown as Plan // a plan is JSON, though its type does not say so
}

const kinds = ({ parts }: CompiledStepFunction) => [...parts].map(([path, { kind }]) => `${kind} ${path}`)

describe('a chain', () => {
  const chain = compiled(step('Parse', { nextStep: 'End' }), step('End'))

  test('begins at its start, and its last step leads to the end', () => {
    const { plan } = chain

    expect(checkPlan(plan)).toEqual([])
    expect([plan.name, plan.onFailure]).toEqual(['car sale', 'stop'])
    expect([plan.steps[plan.entry as number]?.id, plan.steps[plan.exit]?.id]).toEqual(['Parse', '$end'])
    expect([leads(plan, 'Parse'), leads(plan, 'End')]).toEqual([['done -> End'], ['done -> $end']])
  })

  test("calls the author's functions, by paths that are names of steps", () => {
    const functions = [...chain.parts.values()].map((part) => part.kind === 'call' && part.fn)

    expect(kinds(chain)).toEqual(['call /local/car%20sale/Parse', 'call /local/car%20sale/End'])
    expect(functions).toEqual([func, func])
  })

  test('gives a step what arrives at it', () => {
    expect(chain.plan.steps.map(({ input }) => input)).toEqual(chain.plan.steps.map(() => ({ op: 'arrival' })))
  })

  test('hides what its author did not write', () => {
    const shown = ({ plan }: CompiledStepFunction) => plan.steps.filter(({ hidden }) => !hidden).map(({ id }) => id)

    expect(shown(chain)).toEqual(['Parse', 'End'])
    expect(shown(compiled(step('A', { branch: () => 'B', onFailure: 'B' }), step('B')))).toEqual(['A', 'B'])
  })
})

describe('a branch', () => {
  const record = (branch: Record<string, string>) => compiled(step('Check', { branch }), step('Yes'), step('No')).plan

  test('takes a key for the texts, numbers and booleans that are written so', () => {
    expect(leads(record({ ok: 'Yes', 7: 'No', true: 'Yes' }), 'Check')).toEqual([
      'done "7" -> No',
      'done 7 -> No',
      'done "ok" -> Yes',
      'done "true" -> Yes',
      'done true -> Yes',
      'done null -> $end',
    ])
  })

  test('takes no key for a number that is written otherwise', () => {
    expect(leads(record({ '07': 'Yes', NaN: 'No', '': 'Yes' }), 'Check')).toEqual([
      'done "07" -> Yes',
      'done "NaN" -> No',
      'done "" -> Yes',
      'done null -> $end',
    ])
  })

  test('leads all else to its default, and nothing to the end then', () => {
    expect(leads(record({ default: 'No', ok: 'Yes' }), 'Check')).toEqual(['done "ok" -> Yes', 'done -> No'])
  })

  test('that is a function is a hidden step, which hands on the result and not its choice', () => {
    const { plan } = compiled(step('Check', { branch: () => 'Yes' }), step('Yes'))

    expect(leads(plan, 'Check')).toEqual(['done -> Check#branch'])
    expect(leads(plan, 'Check#branch')).toEqual(['done "Check" -> Check', 'done "Yes" -> Yes', 'done -> $end'])
    expect(find(plan, 'Check#branch').next?.every(({ pass }) => pass)).toBe(true)
  })

  test('that is a function fails to the handler of its step', () => {
    const { plan } = compiled(step('Check', { branch: () => 'Yes', onFailure: 'Yes' }), step('Yes'))

    expect(leads(plan, 'Check')).toContain('failed -> Check#failure')
    expect(leads(plan, 'Check#branch')).toContain('failed -> Check#failure')
  })
})

describe('a failure', () => {
  test('goes to its handler by way of a hidden step', () => {
    const failing = compiled(step('Work', { onFailure: 'Rescue', nextStep: 'End' }), step('Rescue'), step('End'))

    expect(leads(failing.plan, 'Work')).toEqual(['done -> End', 'failed -> Work#failure'])
    expect(leads(failing.plan, 'Work#failure')).toEqual(['done -> Rescue'])
    expect(kinds(failing)).toContain('failure /local/car%20sale/Work#failure')
  })
})

describe('how a step is tried', () => {
  test('stands at the step', () => {
    const { plan } = compiled(step('A', { retry: { maxAttempts: 2 }, timeout: '3s', maxVisits: 4 }))

    expect(find(plan, 'A')).toMatchObject({ retry: { attempts: 2 }, timeoutMs: 3_000, maxVisits: 4 })
  })

  test('a step may be reached as often as it says, else as the step function says', () => {
    const { plan } = compileStepFunction(definition([step('A', { nextStep: 'B' }), step('B', { maxVisits: 2 })], 5))

    expect([find(plan, 'A').maxVisits, find(plan, 'B').maxVisits]).toEqual([5, 2])
    expect(find(compiled(step('A')).plan, 'A')).not.toHaveProperty('maxVisits')
  })

  test('what is hidden behind a step is reached as often as the step, and once more with its last failure', () => {
    const { plan } = compiled(step('A', { branch: () => 'A', onFailure: 'A', maxVisits: 20_000 }))

    expect(find(plan, 'A#branch').maxVisits).toBe(20_000)
    expect(find(plan, 'A#failure').maxVisits).toBe(20_001)
  })
})

describe('a parallel step', () => {
  const tasks = { b: func, a: func }

  test('runs a plan of its tasks, which all get the input', () => {
    const all = compiled(step('All', { func: tasks, parallel: true, nextStep: 'End' }), step('End'))
    const plan = inside(all.plan, 'All')

    expect(checkPlan(plan)).toEqual([])
    expect(plan.steps.map(({ id }) => id)).toEqual(['$enter', 'b', 'a', '$leave'])
    expect([find(plan, 'b'), find(plan, 'a')]).toMatchObject([
      { input: { op: 'input' }, needs: [0] },
      { input: { op: 'input' }, needs: [0] },
    ])
    expect(leads(all.plan, 'All')).toEqual(['done -> End'])
    expect(kinds(all)).toEqual([
      'enter /local/car%20sale/All#enter',
      'call /local/car%20sale/All/b',
      'call /local/car%20sale/All/a',
      'leave /local/car%20sale/All#leave',
      'call /local/car%20sale/End',
    ])
  })

  test('keeps failures, unless it is to stop on them', () => {
    const handlers = (more: object) =>
      inside(compiled(step('All', { func: tasks, parallel: true, ...more })).plan, 'All').steps.map(
        (one) => one.handlers,
      )

    expect(handlers({})).toEqual([undefined, [3], [3], undefined])
    expect(handlers({ stopOnFailure: false })).toEqual(handlers({}))
    expect(handlers({ stopOnFailure: true })).toEqual([undefined, undefined, undefined, undefined])
  })

  test('is tried again as a whole', () => {
    const { plan } = compiled(step('All', { func: tasks, parallel: true, retry: { maxAttempts: 2 } }))

    expect(find(plan, 'All').retry).toMatchObject({ attempts: 2 })
    expect(inside(plan, 'All').steps.every(({ retry }) => retry === undefined)).toBe(true)
  })
})

describe('a step function inside', () => {
  const inner = () => sub(step('A', { nextStep: 'B' }), step('B'))

  test('is a plan that is entered and left', () => {
    const outer = compiled(defineSubStep('Sub', inner(), { nextStep: 'End' }), step('End'))
    const plan = inside(outer.plan, 'Sub')

    expect(checkPlan(plan)).toEqual([])
    expect([plan.steps[plan.entry as number]?.id, plan.steps[plan.exit]?.id]).toEqual(['$enter', '$leave'])
    expect([leads(plan, '$enter'), leads(plan, 'B')]).toEqual([['done -> A'], ['done -> $leave']])
    expect(kinds(outer)).toContain('call /local/car%20sale/Sub/A')
  })

  test('has paths of its own wherever it stands', () => {
    const one = inner()
    const twice = compiled(
      defineSubStep('Sub', one, { nextStep: 'All' }),
      step('All', { func: { Sub: one, other: func }, parallel: true }),
    )

    expect(kinds(twice).filter((text) => text.endsWith('/A'))).toEqual([
      'call /local/car%20sale/Sub/A',
      'call /local/car%20sale/All/Sub/A',
    ])
  })

  test('names are kept apart however they are written', () => {
    const { parts } = compiled(
      step('a', { func: { b: func }, parallel: true }),
      step('a/b'),
      step('..'),
      step('__proto__'),
    )

    expect(parts.size).toBe(6)
  })
})

describe('the plan to look at', () => {
  const named = function sell() {}

  test('has functions by their names, where these are not the names of the steps', () => {
    const plan = sketchStepFunction(definition([step('A', { func: named }), step('sell', { func: named }), step('B')]))

    expect(plan.steps.slice(0, 2).map(({ component }) => component)).toEqual(['sell', ''])
  })

  test('leads a branch that is a function where its source says', () => {
    const branch = (n: number) => (n > 1 ? 'Yes' : null)
    const plan = sketchStepFunction(definition([step('A', { branch }), step('Yes'), step('No')]))

    expect(leads(plan, 'A#branch')).toEqual(['done "Yes" -> Yes', 'done -> $end'])
  })
})
