// What there is to draw of a plan: shapes and arrows, the same for every front end and every format. Knows no pixels.

import { conditionOf, type Expr, type Plan, type PlanStep, subPlanOf, type TriggerRule, walk } from '@stepflow/engine'
import { exprText, printable, shorten } from './expr-text.ts'

export interface Drawing {
  readonly name: string
  readonly shapes: readonly Shape[]
  readonly arrows: readonly Arrow[]
}

/** `each`: once per element of a list. `flow`: holds steps of its own, which are `within` it. */
export type ShapeKind = 'input' | 'output' | 'step' | 'each' | 'flow'

export interface Shape {
  readonly kind: ShapeKind
  readonly label: string
  /** The id of its step, as long as it is; input and output have none. */
  readonly step?: string
  /** What it calls; empty if that says nothing. */
  readonly detail: string
  readonly when?: string
  readonly rule?: TriggerRule
  /** Other small print: `retry 3×`, `on error: default`. */
  readonly marks: readonly string[]
  /** The shape that it is a part of. */
  readonly within?: number
}

/**
 * `data`: needed; `maybe`: needed only if a branch is taken; `order`: waited for, not read. `next`, `branch` and `failure`
 * are the transitions of step functions and what follows a failure; `parallel` leads into a step that holds others.
 */
export type ArrowKind = 'data' | 'maybe' | 'order' | 'next' | 'branch' | 'failure' | 'parallel'

export interface Arrow {
  readonly from: number
  readonly to: number
  readonly kind: ArrowKind
  readonly label?: string
}

/** The drawing of a plan; shape 0 is its input, shape 1 its output. Steps that a compiler made are left out. */
export function drawingOf(plan: Plan, options: { readonly details?: 'hide' } = {}): Drawing {
  const sketch: Sketch = { shapes: [], arrows: new Map(), details: options.details !== 'hide' }
  sketch.shapes.push({ kind: 'input', label: 'Input', detail: '', marks: [] })
  sketch.shapes.push({ kind: 'output', label: 'Output', detail: '', marks: [] })
  sketchPlan(sketch, plan, undefined, 0)
  return { name: printable(plan.name), shapes: sketch.shapes, arrows: [...sketch.arrows.values()] }
}

export const INPUT = 0
export const OUTPUT = 1

/** What a box says where a line is only text. */
export function linesOf({ label, detail, when, rule, marks }: Shape): string[] {
  const lines = [label, detail, when && `when ${when}`, rule, ...marks]
  return lines.filter((line): line is string => Boolean(line))
}

// ---

interface Sketch {
  readonly shapes: Shape[]
  /** By ends and kind, so that each is there once. */
  readonly arrows: Map<string, Arrow>
  readonly details: boolean
}

/** A step that is drawn: where an arrow to it ends, and where arrows from it start. */
interface Placed {
  readonly in: number
  readonly out: readonly number[]
}

const maxDepth = 4
const maxShapes = 20_000

function sketchPlan(sketch: Sketch, plan: Plan, within: number | undefined, depth: number): readonly Placed[] {
  const placed = plan.steps.map((step, i) => place(sketch, plan, step, i, within, depth))
  const output = within === undefined && isTerminal(plan, plan.exit) ? OUTPUT : undefined
  const target = (step: number): number | undefined => placed[step]?.in ?? (step === plan.exit ? output : undefined)
  const reads = new Reads(plan)
  const pushes = plan.entry !== plan.exit

  plan.steps.forEach((step, i) => {
    const to = target(i)
    if (to !== undefined) drawReads(sketch, plan, reads.of(i), to, placed, within)
    const from = placed[i]
    if (from) drawTransitions(sketch, plan, step, from, target)
  })
  if (within === undefined && pushes) {
    const entry = target(plan.entry)
    if (entry !== undefined) arrow(sketch, INPUT, entry, 'next')
  }
  if (within === undefined && output === undefined) {
    for (const from of placed[plan.exit]?.out ?? []) arrow(sketch, from, OUTPUT, pushes ? 'next' : 'data')
  }
  return placed.filter((p) => p !== undefined)
}

function place(
  sketch: Sketch,
  plan: Plan,
  step: PlanStep,
  index: number,
  within: number | undefined,
  depth: number,
): Placed | undefined {
  if (step.hidden || isTerminal(plan, index) || sketch.shapes.length >= maxShapes) return undefined
  const child = subPlanOf(step)
  const inner = child?.plan.steps.filter((s, i) => !s.hidden && !isTerminal(child.plan, i)) ?? []
  const only = child?.each && inner.length === 1 ? inner[0] : undefined
  const shape = sketch.shapes.length
  sketch.shapes.push(shapeOf(sketch, plan, step, child, only, within))
  if (!child || only || inner.length === 0 || depth >= maxDepth) return { in: shape, out: [shape] }

  const inside: Sketch = { ...sketch, arrows: new Map() }
  const parts = sketchPlan(inside, child.plan, shape, depth + 1)
  for (const [key, drawn] of inside.arrows) sketch.arrows.set(key, drawn)
  if (parts.length === 0) return { in: shape, out: [shape] }
  const arrows = [...inside.arrows.values()]
  const reached = new Set(arrows.map((a) => a.to))
  const left = new Set(arrows.map((a) => a.from))
  const roots = parts.filter((p) => !reached.has(p.in))
  for (const root of roots.length > 0 ? roots : parts.slice(0, 1)) arrow(sketch, shape, root.in, 'parallel')
  const leaves = parts.flatMap((p) => p.out).filter((out) => !left.has(out))
  return { in: shape, out: leaves.length > 0 ? leaves : [shape] }
}

function shapeOf(
  sketch: Sketch,
  plan: Plan,
  step: PlanStep,
  child: ReturnType<typeof subPlanOf>,
  only: PlanStep | undefined,
  within: number | undefined,
): Shape {
  const kind: ShapeKind = child?.each ? 'each' : child ? 'flow' : 'step'
  const called = only ? (only.calledAs ?? only.component) : child ? '' : (step.calledAs ?? step.component)
  const base = {
    kind,
    label: shorten(step.id, 60),
    step: step.id,
    marks: [],
    ...(within === undefined ? {} : { within }),
  }
  if (!sketch.details) return { ...base, detail: '' }
  const condition = conditionOf(step.input)
  const inner = only && child ? conditionOf(only.input).when : []
  const when = [
    ...condition.when.map((w) => ({ ...w, text: exprText(w.cond, plan) })),
    ...inner.map((w) => ({ ...w, text: inLoop(exprText(w.cond, child?.plan ?? plan)) })),
  ].map((w) => (w.negated ? `not ${w.text}` : w.text.replace(/^not not /, '')))
  return {
    ...base,
    detail: shorten(called ?? '', 60),
    ...(when.length > 0 ? { when: shorten(when.join(' and '), 60) } : {}),
    ...(condition.rule && condition.rule !== 'all_success' ? { rule: condition.rule } : {}),
    marks: marksOf(plan, step, child, only),
  }
}

function marksOf(plan: Plan, step: PlanStep, child: ReturnType<typeof subPlanOf>, only: PlanStep | undefined) {
  const marks: string[] = []
  if (child?.each) marks.push(child.items ? `for each of ${exprText(child.items, plan, 40)}` : 'for each')
  const retry = step.retry ?? only?.retry
  if (retry && retry.attempts > 1) marks.push(`${retry.attempts} attempts`)
  const timeoutMs = step.timeoutMs ?? only?.timeoutMs
  if (timeoutMs !== undefined)
    marks.push(`timeout ${timeoutMs % 1000 === 0 ? `${timeoutMs / 1000}s` : `${timeoutMs}ms`}`)
  if (step.cache ?? only?.cache) marks.push('cached')
  if (step.fallback) marks.push(step.fallback.op === 'skip' ? 'on error: skip' : 'on error: default')
  return marks
}

/** The loop's variables without the input of the plan inside, which they are to the engine. */
function inLoop(text: string): string {
  return text.replace(/\binput\.(item|index|input)\b/g, '$1')
}

/** True of the step that stands for the end of the plan and does nothing but hand on the result. */
function isTerminal(plan: Plan, index: number): boolean {
  const step = plan.steps[index]
  return index === plan.exit && step !== undefined && (step.hidden === true || step.component === null)
}

function arrow(sketch: Sketch, from: number, to: number, kind: ArrowKind, label?: string): void {
  const key = `${from}>${to}:${kind}`
  const before = sketch.arrows.get(key)
  if (!before) sketch.arrows.set(key, label === undefined ? { from, to, kind } : { from, to, kind, label })
  else if (label !== undefined && before.label !== undefined && !before.label.split(', ').includes(label)) {
    sketch.arrows.set(key, { ...before, label: shorten(`${before.label}, ${label}`, 48) })
  }
}

function drawReads(
  sketch: Sketch,
  plan: Plan,
  reads: ReadonlyMap<number, Strength>,
  to: number,
  placed: readonly (Placed | undefined)[],
  within: number | undefined,
): void {
  for (const [step, kind] of reads) {
    if (step === FROM_INPUT) {
      if (within === undefined) arrow(sketch, INPUT, to, kind)
      continue
    }
    // The output waits for every step that runs for its side effect; drawn, these arrows would hide the others.
    if (to === OUTPUT && kind === 'order') continue
    const follows = sketch.shapes[to]?.rule === 'one_failed' && plan.steps[step]?.handlers !== undefined
    for (const from of placed[step]?.out ?? []) arrow(sketch, from, to, follows ? 'failure' : kind)
  }
}

function drawTransitions(
  sketch: Sketch,
  plan: Plan,
  step: PlanStep,
  from: Placed,
  target: (step: number) => number | undefined,
): void {
  const seen = new Set<number>()
  const follow = (of: PlanStep, failed: boolean, label: string | undefined) => {
    for (const t of of.next ?? []) {
      const kind: ArrowKind = failed || t.on === 'failed' ? 'failure' : 'next'
      const text = t.label ?? (t.equals === undefined ? label : equalsText(t.equals))
      const to = target(t.to)
      const hidden = plan.steps[t.to]
      // Not the author's: a branch that gave nothing ends the workflow.
      if (t.equals === null && t.label === undefined && t.to === plan.exit) continue
      if (to === undefined) {
        if (!hidden || seen.has(t.to)) continue
        seen.add(t.to)
        follow(hidden, kind === 'failure', text)
      } else {
        const said = text === undefined || kind === 'failure' ? undefined : shorten(text, 40)
        for (const start of kind === 'next' && said === undefined ? from.out : [from.in]) {
          arrow(sketch, start, to, said === undefined ? kind : 'branch', said)
        }
      }
    }
  }
  follow(step, false, undefined)
}

function equalsText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

type Strength = 'data' | 'maybe' | 'order'
const FROM_INPUT = -1
const weight: Readonly<Record<Strength, number>> = { data: 2, maybe: 1, order: 0 }

/** What each step reads, with hidden steps replaced by what they read. */
class Reads {
  readonly #plan: Plan
  readonly #direct: ReadonlyMap<number, Strength>[]
  readonly #resolved = new Map<number, ReadonlyMap<number, Strength>>()

  constructor(plan: Plan) {
    this.#plan = plan
    this.#direct = plan.steps.map(directReads)
  }

  of(step: number): ReadonlyMap<number, Strength> {
    const known = this.#resolved.get(step)
    if (known) return known
    const direct = this.#direct[step] ?? new Map<number, Strength>()
    // Set before its parts are looked at, so that hidden steps that read each other end.
    this.#resolved.set(step, direct)
    const found = new Map<number, Strength>()
    for (const [source, strength] of direct) {
      if (source === FROM_INPUT || !this.#plan.steps[source]?.hidden) add(found, source, strength)
      else for (const [s, inner] of this.of(source)) add(found, s, weight[inner] < weight[strength] ? inner : strength)
    }
    this.#resolved.set(step, found)
    return found
  }
}

function directReads(step: PlanStep): ReadonlyMap<number, Strength> {
  const found = new Map<number, Strength>()
  const waited = new Set(step.needs)
  const read = (expr: Expr, always: boolean) =>
    walk(expr, (e, lazy) => {
      if (e.op === 'input') add(found, FROM_INPUT, lazy || !always ? 'maybe' : 'data')
      if (e.op === 'step' || e.op === 'outcome') add(found, e.step, lazy || !always ? 'maybe' : 'data')
      if (e.op === 'guard') for (const of of [...e.of, ...(e.lenient ?? [])]) waited.add(of)
    })
  // A condition decides whether the step runs, not what it reads: under it, what is read is needed.
  const condition = conditionOf(step.input)
  for (const { cond } of condition.when) read(cond, true)
  read(condition.input, true)
  read(step.input, false)
  if (step.cache?.key) read(step.cache.key, true)
  if (step.fallback) read(step.fallback, false)
  for (const step of waited) add(found, step, found.has(step) ? 'data' : 'order')
  return found
}

function add(to: Map<number, Strength>, step: number, strength: Strength): void {
  const before = to.get(step)
  if (before === undefined || weight[before] < weight[strength]) to.set(step, strength)
}
