// A flow's notes to a plan that pulls: steps read one another, the output reads what it returns. As the YAML front end does.
//
// What runs once per element is a plan of its own. Steps around it come in as outcomes and are steps again inside; the
// input, items and indexes come in as values.

import {
  allRefs,
  type Component,
  type Expr,
  literal,
  type Plan,
  type PlanStep,
  strictRefs,
  type TriggerRule,
} from '@stepflow/engine'
import { Called } from './called.ts'
import type { Block, Choice, FlowDraft, Source, StepDraft } from './flow-draft.ts'
import { countedRefs, guard, hasRef, plain, planInput, readInput } from './flow-expr.ts'
import type { Program } from './program.ts'
import { nodeOf, pathText } from './ref.ts'
import { renamedPlan } from './renamed-plan.ts'
import { checker, isStandard, isUnchecked, jsonSchemaOf } from './schema-like.ts'
import { sharedChoices } from './shared-choices.ts'

export function compileFlow(draft: FlowDraft): Program {
  const called = new Called(draft.name)
  // Its own keep their names, wherever they stand: those of flows inside give way.
  addOwn(draft.block, called)
  const scope = new Scope(draft, draft.block, undefined, called)
  const schema = jsonSchemaOf(draft.input)
  const frame = {
    ...(draft.timeoutMs === undefined ? {} : { timeoutMs: draft.timeoutMs }),
    ...(draft.maxConcurrent === undefined ? {} : { maxConcurrent: draft.maxConcurrent }),
    ...(schema === undefined || isStandard(draft.input) ? {} : { schemas: { input: schema } }),
  }
  const plan = { ...scope.plan(draft.name, draft.onFailure), ...frame }
  return { plan, components: called.components(), sketch: plan }
}

// ---

function addOwn({ steps }: Block, called: Called): void {
  for (const { work } of steps) {
    if (work.kind === 'call' && work.component) called.add(work.path, work.component)
    if (work.kind === 'each') addOwn(work.block, called)
  }
}

/** Rules that can follow a failure: a step of such a rule handles what it depends on. */
const HANDLING: readonly TriggerRule[] = ['one_failed', 'all_done', 'one_success']
const NULL = literal(null)

/** A block while it is compiled: the flow, or what runs once per element. */
class Scope {
  readonly #draft: FlowDraft
  readonly #block: Block
  readonly #around: Scope | undefined
  readonly #called: Called
  readonly #steps: PlanStep[] = []
  readonly #index = new Map<StepDraft, number>()
  /** What an element is given besides `item` and `index`: names and where their values come from, in the scope around. */
  readonly #shared = new Map<string, Expr>()
  readonly #outcomes = new Map<string, Expr>()
  readonly #sharedChoices: ReadonlySet<Source>
  readonly #wholes = new Map<Source, number>()
  #wholeCount = 0
  /** By their stand-in here: steps around this block. */
  readonly #reopened = new Map<number, number>()
  /** Steps around this block without whose success an element is skipped. */
  readonly #counted = new Set<number>()
  #checkedInput: number | undefined

  constructor(draft: FlowDraft, block: Block, around: Scope | undefined, called: Called) {
    this.#draft = draft
    this.#block = block
    this.#around = around
    this.#called = called
    this.#sharedChoices = sharedChoices(block)
    block.steps.forEach((step, i) => {
      this.#index.set(step, i)
      this.#steps.push({ id: step.id, component: null, input: NULL })
    })
  }

  plan(name: string, onFailure: Plan['onFailure']): Plan {
    const { steps, output } = this.#block
    const gate = this.#around ? undefined : this.#gate()
    const handlers = new Map<number, number[]>()
    steps.forEach((step, i) => {
      const compiled = this.#step(step, gate)
      this.#steps[i] = compiled
      if (!HANDLING.includes(step.rule)) return
      for (const of of this.#dependencies(compiled)) handlers.set(of, [...(handlers.get(of) ?? []), i])
    })
    const result = this.expr(output)
    this.#count(countedRefs(result))
    for (const [of, mine] of handlers) this.#steps[of] = { ...(this.#steps[of] as PlanStep), handlers: mine }
    const read = new Set([...this.#steps.flatMap((step) => [...allRefs(step.input)]), ...allRefs(result)])
    const unread = [...steps.keys(), ...(gate === undefined ? [] : [gate])].filter((i) => !read.has(i))
    const exit = this.#steps.length
    const needs = unread.length > 0 ? { needs: unread } : {}
    this.#steps.push({ id: '$output', component: null, input: result, hidden: true, ...needs })
    return { name, steps: this.#steps, entry: exit, exit, onFailure }
  }

  /** What the plan of this block is given, besides item and index. */
  shared() {
    return { values: [...this.#shared], outcomes: [...this.#outcomes] }
  }

  counted(): readonly number[] {
    return [...this.#counted]
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
        if (path === '' && source.block === this.#block && !this.#sharedChoices.has(source)) return this.#whole(source)
        return { op: 'step', step: this.#wholeStep(source), ...at }
    }
  }

  #whole(source: Choice): Expr {
    if (source.kind === 'coalesce') return { op: 'coalesce', of: source.of.map((one) => this.expr(one)) }
    const [cond, then, otherwise] = source.of
    return { op: 'if', cond: this.expr(cond), then: this.expr(then), else: this.expr(otherwise) }
  }

  /**
   * A field of a choice, one that choices share, or one that was made around this block: it is made in a hidden step,
   * once, where it stands; here it would be made per element, from both its sides.
   */
  #wholeStep(source: Choice): number {
    const known = this.#wholes.get(source)
    if (known !== undefined) return known
    const id = `$${source.kind}_${++this.#wholeCount}` // counted before those in it
    const step =
      source.block === this.#block
        ? this.#hide(id, null, this.#whole(source))
        : this.#reopen(id, (this.#around as Scope).#wholeStep(source)) // checked when it was noted
    this.#wholes.set(source, step)
    return step
  }

  /** The step's number here; a step around this block comes in as its outcome. */
  #stepIndex(step: StepDraft): number {
    const known = this.#index.get(step)
    if (known !== undefined) return known
    const index = this.#reopen(step.id, (this.#around as Scope).#stepIndex(step)) // checked when it was noted
    this.#index.set(step, index)
    return index
  }

  /** A step around this block comes in as its outcome, and is a step again. */
  #reopen(id: string, around: number): number {
    this.#outcomes.set(id, { op: 'outcome', step: around })
    const index = this.#hide(id, null, { op: 'call', fn: 'reopen', args: [readInput(['steps', id], '')] })
    this.#reopened.set(index, around)
    return index
  }

  #count(refs: readonly number[]): void {
    for (const ref of refs) {
      const around = this.#reopened.get(ref)
      if (around !== undefined) this.#counted.add(around)
    }
  }

  #sharedRead(name: string, source: Source, path: string): Expr {
    if (!this.#shared.has(name)) this.#shared.set(name, (this.#around as Scope).#read(source, '')) // there is one around
    return readInput([name], path)
  }

  #input(at: object): Expr {
    const gate = this.#gate()
    return gate === undefined ? { op: 'input', ...at } : { op: 'step', step: gate, ...at }
  }

  /** What a schema makes of the input is made once, in a hidden step, and before all others. */
  #gate(): number | undefined {
    const { input } = this.#draft
    if (!isStandard(input) || isUnchecked(input)) return undefined
    if (this.#checkedInput === undefined) {
      const path = `/local/${encodeURIComponent(this.#draft.name)}/$input`
      const check = checker(input, 'INVALID_INPUT', `the input of flow "${this.#draft.name}"`) as Component['call']
      this.#called.add(path, {
        info: { name: path, repeatable: true },
        call: (value: unknown) => check(value, undefined as never),
      })
      this.#checkedInput = this.#hide('$input', path, { op: 'input' })
    }
    return this.#checkedInput
  }

  #hide(id: string, component: string | null, input: Expr): number {
    return this.#steps.push({ id, component, input, hidden: true }) - 1
  }

  // --- steps

  #step(step: StepDraft, gate: number | undefined): PlanStep {
    const { rule, when, onError, retry, timeoutMs } = step
    const { component, input, counted } = this.#work(step)
    const cond = when === undefined ? undefined : this.expr(when)
    const skip: Expr = { op: 'skip', reason: literal('its "when" is not true') }
    const value: Expr = cond === undefined ? input : { op: 'if', cond, then: input, else: skip }
    const fallback = this.#fallback(onError, rule)
    const needed = step.needs.flatMap((need) => strictRefs(this.expr(need)))
    const of = new Set([...needed, ...(cond ? countedRefs(cond) : counted), ...(fallback ? countedRefs(fallback) : [])])
    const read = new Set([...strictRefs(value), ...(fallback ? allRefs(fallback) : [])])
    const others = [...read].filter((ref) => !of.has(ref))
    const judged =
      rule === 'all_success' ? guard(rule, [...of], others, value) : guard(rule, [...of, ...others], [], value)
    if (rule === 'all_success') this.#count([...of])
    return {
      id: step.id,
      component,
      input: gate === undefined || this.#isBehind(gate, step, of) ? judged : guard('all_success', [gate], [], judged),
      ...(fallback ? { fallback } : {}),
      ...(rule === 'all_done' ? { cleanup: true } : {}),
      ...(retry ? { retry } : {}),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }
  }

  /** True if what the step waits for has waited for the check of the input. Its failure ends the flow, unless told to go on. */
  #isBehind(gate: number, { rule }: StepDraft, of: ReadonlySet<number>): boolean {
    if (rule !== 'all_success') return false
    if (of.has(gate)) return true
    return this.#draft.onFailure === 'stop' && [...of].some((ref) => ref < this.#block.steps.length)
  }

  /** `counted`: steps without whose success it has no input. */
  #work(step: StepDraft): Pick<PlanStep, 'component' | 'input'> & { readonly counted: readonly number[] } {
    const { work } = step
    const given = this.expr(step.input)
    if (work.kind === 'call') {
      return { component: work.path, input: given, counted: countedRefs(given) }
    }
    if (work.kind === 'run') {
      const { plan, components } = work.program
      const renamed = this.#called.addInside(plan.name, components)
      const input = planInput(renamedPlan(plan, renamed), [['input', given]])
      return { component: '$core/run', input, counted: countedRefs(given) }
    }
    const inside = new Scope(this.#draft, work.block, this, this.#called)
    const plan = inside.plan(`${this.#draft.name}/${step.id}`, 'stop')
    const { values, outcomes } = inside.shared()
    const shared = outcomes.length > 0 ? [...values, ['steps', { op: 'object', of: outcomes }] as const] : values
    const of: (readonly [string, Expr])[] = [['items', given]]
    if (shared.length > 0) of.push(['shared', { op: 'object', of: shared }])
    if (work.maxConcurrent !== undefined) of.push(['maxConcurrent', literal(work.maxConcurrent)])
    if (work.onItemError !== undefined) of.push(['onItemError', literal(work.onItemError)])
    const counted = [given, ...values.map(([, value]) => value)].flatMap(countedRefs)
    return { component: '$core/map', input: planInput(plan, of), counted: [...counted, ...inside.counted()] }
  }

  /** What it reads has ended before the step begins: a failure is no time to start other steps. */
  #fallback(onError: StepDraft['onError'], rule: TriggerRule): Expr | undefined {
    if (onError === undefined || onError === 'fail') return undefined
    if (onError === 'skip') return { op: 'skip', reason: { op: 'error', path: 'message' } }
    const value = this.expr(onError.default)
    return rule === 'all_success' ? value : guard('all_done', allRefs(value), [], value)
  }

  /** Steps of authors that a step depends on, seen through those that the compiler made. */
  #dependencies({ input }: PlanStep): number[] {
    return allRefs(input).flatMap((ref) => {
      const step = this.#steps[ref] as PlanStep
      return step.hidden && step.id.startsWith('$') ? this.#dependencies(step) : [ref]
    })
  }
}

function depthOf(block: Block): number {
  let depth = 0
  for (let around = block.around; around; around = around.around) depth++
  return depth
}
