// Checks that what steps read is there and that what they give is what their components want, before anything runs.

import { type Diagnostic, type Plan, type PlanStep, subPlanOf } from '@stepflow/engine'
import { mismatch, resolved } from './schema-type.ts'
import { type InfoOf, type TypeFlow, type TypeFlowOptions, typeFlow } from './type-flow.ts'

export interface TypeCheckOptions extends TypeFlowOptions {
  /** `error`: an output without a type is an error, too. */
  readonly untyped?: 'warning' | 'error'
}

/** TYPE_MISMATCH, UNKNOWN_PROPERTY_IN_PATH and UNTYPED_COMPONENT_OUTPUT, in the order of the steps. */
export function typeCheck(plan: Plan, infoOf: InfoOf, options: TypeCheckOptions = {}): Diagnostic[] {
  return checkFlow(plan, infoOf, typeFlow(plan, infoOf, options), options)
}

/** The same, of types that are there already. */
export function checkFlow(plan: Plan, infoOf: InfoOf, types: TypeFlow, options: TypeCheckOptions = {}): Diagnostic[] {
  const found: { index: number; finding: Diagnostic }[] = []
  const place = (index: number, below: string) => placeOf(plan, index, below)
  plan.steps.forEach((step, index) => {
    // Asked of every step, so that all paths are looked at.
    const given = types.input(index)
    types.output(index)
    const called = calledBy(step)
    if (!called) return
    const info = infoOf(called.component)
    if (!isTyped(step, info?.outputSchema, options)) {
      found.push({
        index,
        finding: {
          code: 'UNTYPED_COMPONENT_OUTPUT',
          level: options.untyped ?? 'warning',
          message: `the output of step "${step.id}" has no type: ${called.component} ${info ? 'declares none' : 'is not known'}`,
          hint: `declare it under schemas: properties: steps: properties: ${step.id}`,
          ...place(index, '.component'),
        },
      })
    }
    if (called.isInner || info?.inputSchema === undefined) return
    const wrong = mismatch(given, resolved(info.inputSchema))
    if (!wrong) return
    const field = wrong.path ? `"${wrong.path.replace(/^\./, '')}" of the input` : 'the input'
    found.push({
      index,
      finding: {
        code: 'TYPE_MISMATCH',
        level: 'error',
        message: `${field} of step "${step.id}" ${wrong.message} by ${called.component}`,
        ...place(index, `.input${wrong.path}`),
      },
    })
  })
  for (const { step: index, message, hint } of types.lost) {
    const reader = plan.steps[index]
    found.push({
      index,
      finding: {
        code: 'UNKNOWN_PROPERTY_IN_PATH',
        level: 'error',
        message: reader?.hidden ? `in the output of the flow, ${message}` : `in step "${reader?.id}", ${message}`,
        ...(hint ? { hint } : {}),
        ...place(index, '.input'),
      },
    })
  }
  return found.sort((a, b) => a.index - b.index).map(({ finding }) => finding)
}

// ---

/** The component that a step calls, or the one that it calls for each element. */
function calledBy(step: PlanStep): { component: string; isInner: boolean } | undefined {
  if (step.component === null) return undefined
  if (!step.component.startsWith('$core/')) return { component: step.component, isInner: false }
  const child = subPlanOf(step)
  const inner = child?.plan.steps.filter((s) => !s.hidden && s.component !== null) ?? []
  const [only] = inner
  return inner.length === 1 && only?.component && !only.component.startsWith('$core/')
    ? { component: only.component, isInner: true }
    : undefined
}

/** A component that says "anything" has said something. */
function isTyped(step: PlanStep, schema: unknown, options: TypeCheckOptions): boolean {
  return schema !== undefined || Object.hasOwn(options.steps ?? {}, step.id)
}

function placeOf(plan: Plan, index: number, below: string) {
  const step = plan.steps[index]
  const before = plan.steps.slice(0, index).filter((s) => !s.hidden).length
  return {
    path: step?.hidden ? '$.output' : `$.steps[${before}]${below}`,
    ...(plan.file === undefined ? {} : { file: plan.file }),
    ...(step?.origin ? { line: step.origin.line, column: step.origin.column } : {}),
  }
}
