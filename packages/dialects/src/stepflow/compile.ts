// A flow to a plan. Everything that is wrong is found in one pass over the whole file; a plan comes only of a sound flow.

import { type Expr, hasErrors, isRecord, type Json, own, type Plan, type PlanStep } from '@stepflow/engine'
import { type PlanFrame, pullPlan } from '../builder.ts'
import type { Findings } from '../findings.ts'
import { kindOfNode, type Node } from '../source/node.ts'
import { checkCycles, checkOnSkips } from './check.ts'
import { checkLiterals, type FindMisfits } from './check-literals.ts'
import { type CompiledStep, compileStep } from './compile-step.ts'
import { type FlowInfo, flowInfo } from './info.ts'
import { flowLanguage, type Language } from './language.ts'
import type { FlowNames, Scope, StepName, Use } from './scope.ts'
import { type FlowShape, readFlow } from './shape.ts'
import { isInline, type StepShape } from './step-shape.ts'
import { checkSubflows } from './subflow.ts'

export interface FlowOptions {
  readonly file?: string | undefined
  readonly strict?: boolean | undefined
  readonly primaryOf?: ((component: string) => string | undefined) | undefined
  readonly isServed?: ((component: string) => string | undefined) | undefined
  readonly misfits?: FindMisfits | undefined
  readonly isSet?: ((variable: string) => boolean) | undefined
  readonly readFile?: ((path: string) => string) | undefined
  /** A flow inside another needs neither name nor description. */
  readonly nested?: boolean | undefined
}

export function compileFlow(
  root: Node,
  findings: Findings,
  given: FlowOptions,
  language: Language = flowLanguage,
): { plan?: Plan; flow?: FlowInfo } {
  const options = { ...given, primaryOf: remembered(given.primaryOf), isServed: remembered(given.isServed) }
  if (root.kind !== 'map') {
    findings.add(
      'fatal',
      'INVALID_FLOW',
      `a ${language.file} must be an object with "steps", not ${kindOfNode(root)}`,
      root,
    )
    return {}
  }
  const written = readFlow(root, findings, options, language)
  const shape = language.completed(written, findings)
  if (language.isTitled && !options.nested) checkTitle(shape, findings, root)
  const names = collectNames(shape, findings, options, language)
  const frame = flowFrame(shape, options)
  const steps = shape.steps.map((step) => compileStep(step, { names, frame }))
  const output = compileOutput(shape, names, steps)
  checkServed(shape, findings, options)
  if (options.misfits) checkLiterals(shape.steps, steps, findings, options.misfits)
  checkCycles(shape.steps, steps, findings)
  checkOnSkips(shape, steps, names)
  language.check(shape, steps, names)
  const checkInner = (flow: Node, inner: Findings) => void compileFlow(flow, inner, { ...options, nested: true })
  for (const step of shape.steps) checkSubflows(step, findings, checkInner)
  const info = flowInfo(shape, steps, output.uses)
  if (hasErrors(findings.list)) return { flow: info }
  return { plan: pullPlan(frame, withHandlers(shape, steps), output.expr, output.needs), flow: info }
}

// ---

/** Routes are looked up once for each component: a thousand steps call a few. */
function remembered<T>(look: ((component: string) => T) | undefined): ((component: string) => T) | undefined {
  if (!look) return undefined
  const known = new Map<string, T>()
  return (component) => {
    if (!known.has(component)) known.set(component, look(component))
    return known.get(component) as T // it was just set
  }
}

function checkTitle(shape: FlowShape, findings: Findings, root: Node): void {
  const at = { up: undefined, key: '' }
  if (!shape.name) findings.warning('MISSING_FLOW_NAME', 'the flow has no "name"', root, { ...at, key: 'name' })
  if (!shape.description) {
    findings.warning('MISSING_FLOW_DESCRIPTION', 'the flow has no "description"', root, { ...at, key: 'description' })
  }
}

function collectNames(shape: FlowShape, findings: Findings, options: FlowOptions, language: Language): FlowNames {
  const steps = new Map<string, StepName>()
  shape.steps.forEach((step, index) => {
    const first = steps.get(step.id)
    if (first) {
      const lines = step.place.line > 0 ? `: line ${first.place.line} and line ${step.place.line}` : ''
      findings.add('fatal', 'DUPLICATE_STEP_ID', `two steps are called "${step.id}"${lines}`, step.place, {
        up: step.trail,
        key: 'id',
      })
      return
    }
    steps.set(step.id, {
      index,
      place: step.place,
      primary: step.forEach ? undefined : options.primaryOf?.(step.component),
      isDescribed: shape.schemas.steps.has(step.id) || /(^|\/)load_file$/.test(step.component),
    })
  })
  for (const [id, field] of shape.schemas.steps) {
    if (!steps.has(id)) findings.unknownKey(id, steps.keys(), '"schemas.properties.steps"', field.place, field.trail)
  }
  return {
    findings,
    language,
    flowName: shape.name ?? '',
    steps,
    variables: variableNames(shape.schemas.variables),
    hasInputSchema: shape.schemas.input !== undefined,
    inputsRead: new Map(),
    unvalidated: new Set(),
    onSkips: [],
  }
}

function variableNames(schema: Json | undefined): ReadonlySet<string> | undefined {
  const properties = own(schema, 'properties')
  return isRecord(properties) ? new Set(Object.keys(properties)) : undefined
}

function flowFrame(shape: FlowShape, options: FlowOptions): PlanFrame {
  const { input, variables } = shape.schemas
  const hasSchemas = input !== undefined || variables !== undefined
  return {
    name: shape.name ?? '',
    onFailure: shape.onFailure,
    ...(shape.timeoutMs === undefined ? {} : { timeoutMs: shape.timeoutMs }),
    ...(shape.maxConcurrent === undefined ? {} : { maxConcurrent: shape.maxConcurrent }),
    ...(hasSchemas
      ? { schemas: { ...(input === undefined ? {} : { input }), ...(variables === undefined ? {} : { variables }) } }
      : {}),
    ...(options.file === undefined ? {} : { file: options.file }),
  }
}

interface Output {
  readonly expr: Expr
  /** Steps that run although the output does not read them. */
  readonly needs: readonly number[]
  readonly uses: ReadonlyMap<string, Use>
}

function compileOutput(shape: FlowShape, names: FlowNames, steps: readonly CompiledStep[]): Output {
  const uses = new Map<string, Use>()
  const scope: Scope = {
    names,
    owner: 'the output',
    rule: undefined,
    loop: false,
    child: false,
    eager: false,
    uses,
    indexOf: (id) => names.steps.get(id)?.index ?? 0,
  }
  const expr = shape.output && names.language.output(shape.output, scope)
  const referred = new Set<string>()
  for (const step of steps) for (const id of step.uses.keys()) referred.add(id)
  if (!expr) {
    const ends = shape.steps.flatMap((step, i) =>
      referred.has(step.id) || isReadAsInput(step, names) ? [] : [[step.id, i] as const],
    )
    const inOutput = new Set(ends.map(([, i]) => i))
    const needs = shape.steps.flatMap((step, i) =>
      !inOutput.has(i) && (step.mustExecute || !referred.has(step.id)) ? [i] : [],
    )
    return { expr: names.language.ends(ends), needs, uses }
  }
  const needs = shape.steps.flatMap((step, i) => {
    if (uses.get(step.id)?.strict) return []
    return step.mustExecute || !(referred.has(step.id) || uses.has(step.id)) ? [i] : []
  })
  return { expr, needs, uses }
}

/** A parameter that is read by its name instead of its step. */
function isReadAsInput(step: StepShape, names: FlowNames): boolean {
  return step.tool?.kind === 'parameter' && names.inputsRead.has(step.id)
}

function withHandlers(shape: FlowShape, steps: readonly CompiledStep[]): PlanStep[] {
  const handlers = new Map<string, number[]>()
  shape.steps.forEach(({ rule }, i) => {
    if (rule !== 'one_failed' && rule !== 'all_done' && rule !== 'one_success') return
    for (const id of steps[i]?.uses.keys() ?? []) {
      const list = handlers.get(id)
      if (list) list.push(i)
      else handlers.set(id, [i])
    }
  })
  return steps.map(({ step }) => {
    const mine = handlers.get(step.id)
    return mine ? { ...step, handlers: mine } : step
  })
}

function checkServed(shape: FlowShape, findings: Findings, { isServed }: FlowOptions): void {
  if (!isServed) return
  for (const step of shape.steps) {
    if (!step.component.startsWith('/') || isInline(step)) continue
    const why = isServed(step.component)
    if (why === undefined) continue
    findings.error('COMPONENT_NOT_FOUND', `step "${step.id}": ${why}`, step.componentPlace, {
      up: step.trail,
      key: 'component',
    })
  }
}
