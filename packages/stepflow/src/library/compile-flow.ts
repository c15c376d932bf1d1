// A flow's notes to a plan that pulls: steps read one another, the output reads what it returns. As the YAML front end does.
//
// What runs once per element is a plan of its own. Steps around it come in as outcomes and are steps again inside; the
// input, items and indexes come in as values.

import { wrong } from '@stepflow/dialects'
import {
  allRefs,
  type Component,
  type Expr,
  type Json,
  literal,
  type Plan,
  type PlanStep,
  setOwn,
  strictRefs,
  type TriggerRule,
} from '@stepflow/engine'
import type { Block, FlowDraft, Source, StepDraft } from './flow-draft.ts'
import type { Program } from './program.ts'
import { nodeOf, pathText } from './ref.ts'
import { checker, isStandard, isUnchecked, jsonSchemaOf } from './schema-like.ts'

export function compileFlow(draft: FlowDraft): Program {
  const components = new Map<string, Component>()
  const scope = new Scope(draft, draft.block, undefined, components)
  const schema = jsonSchemaOf(draft.input)
  const frame = {
    ...(draft.timeoutMs === undefined ? {} : { timeoutMs: draft.timeoutMs }),
    ...(draft.maxConcurrent === undefined ? {} : { maxConcurrent: draft.maxConcurrent }),
    ...(schema === undefined || isStandard(draft.input) ? {} : { schemas: { input: schema } }),
  }
  const plan = { ...scope.plan(draft.name, draft.onFailure), ...frame }
  return { plan, components, sketch: plan }
}

// ---

/** Rules that can follow a failure: a step of such a rule handles what it depends on. */
const HANDLING: readonly TriggerRule[] = ['one_failed', 'all_done', 'one_success']
const NULL = literal(null)

/** A block while it is compiled: the flow, or what runs once per element. */
class Scope {
  readonly #draft: FlowDraft
  readonly #block: Block
  readonly #around: Scope | undefined
  readonly #components: Map<string, Component>
  readonly #steps: PlanStep[] = []
  readonly #index = new Map<StepDraft, number>()
  /** What an element is given besides `item` and `index`: names and where their values come from, in the scope around. */
  readonly #shared = new Map<string, Expr>()
  readonly #outcomes = new Map<string, Expr>()
  readonly #wholes = new Map<Source, number>()
  #checkedInput: number | undefined

  constructor(draft: FlowDraft, block: Block, around: Scope | undefined, components: Map<string, Component>) {
    this.#draft = draft
    this.#block = block
    this.#around = around
    this.#components = components
    block.steps.forEach((step, i) => {
      this.#index.set(step, i)
      this.#steps.push({ id: step.id, component: null, input: NULL })
    })
  }

  plan(name: string, onFailure: Plan['onFailure']): Plan {
    const { steps, output } = this.#block
    const handlers = new Map<number, number[]>()
    steps.forEach((step, i) => {
      const compiled = this.#step(step)
      this.#steps[i] = compiled
      if (!HANDLING.includes(step.rule)) return
      for (const of of this.#dependencies(compiled)) handlers.set(of, [...(handlers.get(of) ?? []), i])
    })
    const result = this.expr(output)
    for (const [of, mine] of handlers) this.#steps[of] = { ...(this.#steps[of] as PlanStep), handlers: mine }
    const read = new Set([...this.#steps.flatMap((step) => [...allRefs(step.input)]), ...allRefs(result)])
    const unread = steps.map((_, i) => i).filter((i) => !read.has(i))
    const exit = this.#steps.length
    const needs = unread.length > 0 ? { needs: unread } : {}
    this.#steps.push({ id: '$output', component: null, input: result, hidden: true, ...needs })
    return { name, steps: this.#steps, entry: exit, exit, onFailure }
  }

  /** What the plan of this block is given, besides item and index; undefined if it needs nothing. */
  shared(): Expr | undefined {
    const of: (readonly [string, Expr])[] = [...this.#shared]
    if (this.#outcomes.size > 0) of.push(['steps', { op: 'object', of: [...this.#outcomes] }])
    return of.length === 0 ? undefined : { op: 'object', of }
  }

  expr(value: unknown): Expr {
    const node = nodeOf(value)
    if (node) return this.#read(node.source as Source, pathText(node.path)) // references are made by our builder only
    if (!hasRef(value)) return literal(plain(value))
    if (Array.isArray(value)) return { op: 'array', of: value.map((one) => this.expr(one)) }
    const entries = Object.entries(value as object).filter(([, one]) => one !== undefined)
    return { op: 'object', of: entries.map(([key, one]) => [key, this.expr(one)] as const) }
  }

  // --- references

  #read(source: Source, path: string): Expr {
    const at = path === '' ? {} : { path, default: NULL }
    switch (source.kind) {
      case 'step':
        return { op: 'step', step: this.#stepIndex(source.step), ...at }
      case 'input':
        return this.#around ? this.#sharedRead('input', source, path) : this.#input(at)
      case 'item':
      case 'index':
        if (source.block !== this.#block)
          return this.#sharedRead(`${source.kind}_${depthOf(source.block)}`, source, path)
        return readInput([source.kind], path)
      case 'cond':
      case 'coalesce':
        return path === '' ? this.#whole(source) : { op: 'step', step: this.#wholeStep(source), ...at }
    }
  }

  #whole(source: Extract<Source, { kind: 'cond' | 'coalesce' }>): Expr {
    if (source.kind === 'coalesce') return { op: 'coalesce', of: source.of.map((one) => this.expr(one)) }
    const [cond, then, otherwise] = source.of
    return { op: 'if', cond: this.expr(cond), then: this.expr(then), else: this.expr(otherwise) }
  }

  /** A field of a choice: the choice is made in a hidden step. */
  #wholeStep(source: Extract<Source, { kind: 'cond' | 'coalesce' }>): number {
    const known = this.#wholes.get(source)
    if (known !== undefined) return known
    const step = this.#hide(`$${source.kind}_${this.#wholes.size + 1}`, null, this.#whole(source))
    this.#wholes.set(source, step)
    return step
  }

  /** The step's number here; a step around this block comes in as its outcome. */
  #stepIndex(step: StepDraft): number {
    const known = this.#index.get(step)
    if (known !== undefined) return known
    const outcome: Expr = { op: 'outcome', step: (this.#around as Scope).#stepIndex(step) } // checked when it was noted
    this.#outcomes.set(step.id, outcome)
    const index = this.#hide(step.id, null, { op: 'call', fn: 'reopen', args: [readInput(['steps', step.id], '')] })
    this.#index.set(step, index)
    return index
  }

  #sharedRead(name: string, source: Source, path: string): Expr {
    if (!this.#shared.has(name)) this.#shared.set(name, (this.#around as Scope).#read(source, '')) // there is one around
    return readInput([name], path)
  }

  /** What a schema makes of the input is made once, in a hidden step. */
  #input(at: object): Expr {
    const { input } = this.#draft
    if (!isStandard(input) || isUnchecked(input)) return { op: 'input', ...at }
    if (this.#checkedInput === undefined) {
      const path = `/local/${encodeURIComponent(this.#draft.name)}/$input`
      const check = checker(input, 'INVALID_INPUT', `the input of flow "${this.#draft.name}"`) as Component['call']
      this.#components.set(path, {
        info: { name: path, repeatable: true },
        call: (value) => check(value, undefined as never),
      })
      this.#checkedInput = this.#hide('$input', path, { op: 'input' })
    }
    return { op: 'step', step: this.#checkedInput, ...at }
  }

  #hide(id: string, component: string | null, input: Expr): number {
    return this.#steps.push({ id, component, input, hidden: true }) - 1
  }

  // --- steps

  #step(step: StepDraft): PlanStep {
    const { rule, when, onError, retry, timeoutMs } = step
    const { component, input } = this.#work(step)
    const value: Expr =
      when === undefined
        ? input
        : {
            op: 'if',
            cond: this.expr(when),
            then: input,
            else: { op: 'skip', reason: literal('its "when" is not true') },
          }
    const fallback = this.#fallback(onError)
    const needed = step.needs.flatMap((need) => strictRefs(this.expr(need)))
    const of = new Set([...needed, ...strictRefs(value), ...(fallback ? allRefs(fallback) : [])])
    return {
      id: step.id,
      component,
      input: of.size > 0 ? { op: 'guard', rule, of: [...of], then: value } : value,
      ...(fallback ? { fallback } : {}),
      ...(rule === 'all_done' ? { cleanup: true } : {}),
      ...(retry ? { retry } : {}),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }
  }

  #work(step: StepDraft): Pick<PlanStep, 'component' | 'input'> {
    const { work } = step
    if (work.kind === 'call') {
      this.#bring(work.path, work.component)
      return { component: work.path, input: this.expr(step.input) }
    }
    if (work.kind === 'run') {
      for (const [path, component] of work.program.components) this.#bring(path, component)
      return { component: '$core/run', input: planInput(work.program.plan, [['input', this.expr(step.input)]]) }
    }
    const inside = new Scope(this.#draft, work.block, this, this.#components)
    const plan = inside.plan(`${this.#draft.name}/${step.id}`, 'stop')
    const shared = inside.shared()
    const of: (readonly [string, Expr])[] = [['items', this.expr(step.input)]]
    if (shared) of.push(['shared', shared])
    if (work.maxConcurrent !== undefined) of.push(['maxConcurrent', literal(work.maxConcurrent)])
    if (work.onItemError !== undefined) of.push(['onItemError', literal(work.onItemError)])
    return { component: '$core/map', input: planInput(plan, of) }
  }

  #bring(path: string, component: Component | undefined): void {
    if (!component) return
    const known = this.#components.get(path)
    if (known && known.call !== component.call) {
      throw wrong(`flow "${this.#draft.name}" has two components ${path}; give them different names`)
    }
    this.#components.set(path, component)
  }

  #fallback(onError: StepDraft['onError']): Expr | undefined {
    if (onError === undefined || onError === 'fail') return undefined
    if (onError === 'skip') return { op: 'skip', reason: { op: 'error', path: 'message' } }
    return this.expr(onError.default)
  }

  /** Steps of authors that a step depends on, seen through those that the compiler made. */
  #dependencies({ input }: PlanStep): number[] {
    return allRefs(input).flatMap((ref) => {
      const step = this.#steps[ref] as PlanStep
      return step.hidden && step.id.startsWith('$') ? this.#dependencies(step) : [ref]
    })
  }
}

function planInput(plan: Plan, of: readonly (readonly [string, Expr])[]): Expr {
  return { op: 'object', of: [['plan', literal(plan as unknown as Json)], ...of] } // a plan is JSON, though its type does not say so
}

/** `keys` are there; what `path` leads to may not be. */
function readInput(keys: readonly string[], path: string): Expr {
  const whole = pathText(keys)
  return path === '' ? { op: 'input', path: whole } : { op: 'input', path: `${whole}${path.slice(1)}`, default: NULL }
}

function depthOf(block: Block): number {
  let depth = 0
  for (let around = block.around; around; around = around.around) depth++
  return depth
}

function hasRef(value: unknown): boolean {
  if (nodeOf(value)) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(hasRef)
}

/** The author keeps the value and may change it: the plan has its own. */
function plain(value: unknown): Json {
  if (value === undefined) return null
  if (typeof value !== 'object' || value === null) return value as Json // checked when it was noted
  if (Array.isArray(value)) return value.map(plain)
  const copy: Record<string, Json> = {}
  for (const [key, one] of Object.entries(value)) if (one !== undefined) setOwn(copy, key, plain(one))
  return copy
}
