// What a plan means, read off plan.ts and expr.ts: an interpreter that knows no time. It evaluates what is asked for, asks
// for what that reads, and never looks at how the engine does it. Where several failures race, it names them all.

import { codes } from '../errors.ts'
import type { Json } from '../json.ts'
import { equalJson, isRecord } from '../json.ts'
import { strictDependencies } from '../plan/dependencies.ts'
import { allRefs, type Expr } from '../plan/expr.ts'
import { isTruthy } from '../plan/functions.ts'
import { compilePath, MISSING } from '../plan/path.ts'
import type { Plan, PlanStep, Retry } from '../plan/plan.ts'
import { act, essence, type RunsInput } from './sim-component.ts'

/** A failure, as far as the meaning of a plan decides it. */
export interface Fault {
  readonly code: string
  readonly message: string
  readonly step?: string
}

/** How an item may end. */
export type Expected =
  | { readonly outcome: 'success'; readonly result: unknown }
  | { readonly outcome: 'skipped' }
  | { readonly outcome: 'failed'; readonly anyOf: readonly Fault[] }

/** How a step ended; `never`: it does not. */
export type End =
  | { readonly end: 'done'; readonly value: unknown }
  | { readonly end: 'skipped'; readonly cause?: Fault }
  | { readonly end: 'failed'; readonly fault: Fault; readonly ofDependency?: true }
  | { readonly end: 'never' }

export interface Meaning {
  readonly expected: Expected
  /** How each step that was asked for ended last, by index. */
  readonly ends: ReadonlyMap<number, End>
}

/** The meaning depends on who is first: such a plan cannot be compared. */
export class Ambiguous extends Error {}

export function meaningOf(plan: Plan, input: unknown, item: number): Meaning {
  const reader = new Reader(plan, input, item)
  return { expected: reader.outcome(), ends: reader.ends }
}

// ---

const NEVER: End = { end: 'never' }
const done = (value: unknown): End => ({ end: 'done', value })
const fail = (code: string, message = '', step?: string): End => ({
  end: 'failed',
  fault: step === undefined ? { code, message } : { code, message, step },
})

interface Scope {
  readonly self: number
  readonly fault?: Fault | undefined
  /** References to steps that did not succeed are null; those read are noted. */
  readonly lenient?: Set<number> | undefined
}

class Reader {
  readonly ends = new Map<number, End>()
  readonly #plan: Plan
  readonly #input: unknown
  readonly #item: number
  readonly #arrivals = new Map<number, unknown>()
  readonly #visits = new Map<number, number>()

  constructor(plan: Plan, input: unknown, item: number) {
    this.#plan = plan
    this.#input = input
    this.#item = item
  }

  outcome(): Expected {
    const { steps, entry, exit, onFailure } = this.#plan
    let at: number | undefined = entry
    this.#arrivals.set(entry, this.#input)
    for (;;) {
      const end = this.#visit(at)
      const step = steps[at] as PlanStep
      const next =
        end.end === 'done' || end.end === 'failed'
          ? step.next?.find((t) => t.on === end.end && (t.equals === undefined || equalJson(t.equals, valueIn(end))))
          : undefined
      if (at === exit || !next) break
      this.#arrivals.set(next.to, next.pass ? this.#arrivals.get(at) : end.end === 'failed' ? end.fault : valueIn(end))
      at = next.to
    }
    const faults: Fault[] = []
    for (const [index, end] of [...this.ends].sort(([a], [b]) => a - b)) {
      if (end.end === 'failed' && index !== exit && !this.#isHandled(index)) faults.push(end.fault)
    }
    const last = this.ends.get(exit)
    const timeout: Fault = { code: 'TIMEOUT', message: `the item did not end within ${this.#plan.timeoutMs} ms` }
    if (faults.length > 0 && onFailure === 'stop') {
      return { outcome: 'failed', anyOf: this.#isUndecided ? [...faults, timeout] : faults }
    }
    if (!last || last.end === 'never') return { outcome: 'failed', anyOf: [timeout] }
    if (faults[0]) return { outcome: 'failed', anyOf: [faults[0]] }
    if (last.end === 'done') return { outcome: 'success', result: last.value }
    if (last.end === 'failed') return { outcome: 'failed', anyOf: [last.fault] }
    return last.cause ? { outcome: 'failed', anyOf: [last.cause] } : { outcome: 'skipped' }
  }

  /** Something never ends, so that a handler may never come to be run or skipped: a failure may wait for it for ever. */
  get #isUndecided(): boolean {
    if (![...this.ends.values()].some(({ end }) => end === 'never')) return false
    const isOpen = (step: number) => (this.ends.get(step) ?? NEVER).end === 'never'
    return this.#plan.steps.some(({ handlers = [] }, i) => handlers.length > 0 && (isOpen(i) || handlers.some(isOpen)))
  }

  #isHandled(index: number): boolean {
    const { steps } = this.#plan
    const { next, handlers = [] } = steps[index] as PlanStep
    if (next?.some((t) => t.on === 'failed')) return true
    const runs = (h: number) => this.ends.has(h) && this.ends.get(h)?.end !== 'skipped'
    if (handlers.some(runs)) return true
    // Behind what was skipped because of it, whoever runs but to clean up has followed the failure.
    const skippedForIt = new Set<number>()
    const reads = (step: PlanStep, of: ReadonlySet<number>) => refsOf(step).some((ref) => ref === index || of.has(ref))
    for (let size = -1; size < skippedForIt.size; ) {
      size = skippedForIt.size
      steps.forEach((step, i) => {
        if (causeOf(this.ends.get(i) ?? NEVER) && reads(step, skippedForIt)) skippedForIt.add(i)
      })
    }
    return [...skippedForIt].some((i) => steps[i]?.handlers?.some((h) => !steps[h]?.cleanup && runs(h)))
  }

  // --- steps

  /** A step is reached by a transition, perhaps not for the first time. */
  #visit(index: number): End {
    if (!this.ends.has(index)) return this.#end(index)
    const visits = (this.#visits.get(index) ?? 1) + 1
    this.#visits.set(index, visits)
    const { maxVisits = 10_000, id } = this.#plan.steps[index] as PlanStep
    if (visits <= maxVisits) this.ends.delete(index)
    else this.ends.set(index, fail('COMPONENT_FAILED', '', id))
    return this.#end(index)
  }

  #end(index: number): End {
    const known = this.ends.get(index)
    if (known) return known
    const step = this.#plan.steps[index] as PlanStep
    const before = strictDependencies(step).map((dependency) => this.#end(dependency))
    const end = before.some((b) => b.end === 'never') ? this.#wait(step, index) : this.#run(step, index)
    this.ends.set(index, end)
    return end
  }

  /** A step whose dependencies never all end; what its branches certainly need is asked for all the same. */
  #wait(step: PlanStep, index: number): End {
    this.#eval(step.input, { self: index })
    return NEVER
  }

  #run(step: PlanStep, index: number): End {
    const input = this.#eval(step.input, { self: index })
    if (input.end === 'skipped' || input.end === 'never') return input
    const isExit = index === this.#plan.exit
    if (input.end === 'failed' && input.ofDependency && !isExit) return { end: 'skipped', cause: input.fault }
    const end = input.end === 'failed' || step.component === null ? input : this.#call(step, input.value)
    if (end.end !== 'failed') return end
    const fault = isExit ? end.fault : { ...end.fault, step: end.fault.step ?? step.id }
    if (step.fallback) {
      const instead = this.#eval(step.fallback, { self: index, fault })
      if (instead.end === 'done' || instead.end === 'skipped') return instead
    }
    return { end: 'failed', fault }
  }

  #call(step: PlanStep, input: unknown): End {
    const path = step.component as string
    if (path === '$core/map') return this.#map(input as MapInput)
    const tries = { step: 0, transport: 0 }
    for (;;) {
      const next = act(path, input, tries.step + 1)
      switch (next.act) {
        case 'answer':
          return done(next.value ?? null)
        case 'skip':
          return { end: 'skipped' }
        case 'sleep':
          return done(next.value)
        case 'wait':
          if (next.signal !== 'never') return done(next.value)
          break
        case 'run':
          return this.#runs(next.times, input as RunsInput)
      }
      if (next.act !== 'fail' && step.timeoutMs === undefined) return NEVER
      const code = next.act === 'fail' ? next.code : 'TIMEOUT'
      const message = next.act === 'fail' ? 'boom' : `step "${step.id}" did not answer within ${step.timeoutMs} ms`
      if (next.act === 'fail' && next.retryable === false) return fail(code, message)
      if (!mayRetry(code, step.retry, tries)) return fail(code, message)
    }
  }

  #map({ plan, items, onItemError = 'fail' }: MapInput): End {
    if (!Array.isArray(items)) return fail('EXPRESSION_FAILURE')
    const outcomes = items.map((item, index) => meaningOf(plan, { item, index }, index).expected)
    const failures = outcomes.flatMap((o) => (o.outcome === 'failed' ? [theOnly(o.anyOf)] : []))
    if (onItemError === 'fail' && failures[0]) {
      const { code, message } = theOnly(failures)
      return fail(code, message)
    }
    return done(
      outcomes.flatMap((outcome) => {
        if (outcome.outcome === 'success') return [outcome.result]
        if (outcome.outcome === 'skipped') return [null]
        const { code, message } = theOnly(outcome.anyOf)
        return onItemError === 'continue' ? [{ error: { code, message } }] : []
      }),
    )
  }

  #runs(times: number, { plan, input }: RunsInput): End {
    let value: unknown = null
    for (let index = 0; index < times; index++) {
      const { expected } = meaningOf(plan, { item: input, index }, 0)
      if (expected.outcome === 'failed') return fail('COMPONENT_FAILED', 'boom')
      value = expected.outcome === 'success' ? expected.result : null
    }
    return done(value)
  }

  // --- expressions

  #eval(expr: Expr, scope: Scope): End {
    const sub = (e: Expr) => this.#eval(e, scope)
    switch (expr.op) {
      case 'literal':
        return done(expr.value)
      case 'input':
        return read(this.#input, expr, sub)
      case 'arrival':
        return read(this.#arrivals.get(scope.self), expr, sub)
      case 'error':
        return read(scope.fault, expr, sub)
      case 'run':
        return read({ item: this.#item }, expr, sub)
      case 'variable':
      case 'secret':
        throw new Error(`${expr.op} is not simulated`)
      case 'step':
        return this.#step(expr, scope)
      case 'outcome': {
        const end = this.#read(expr.step, scope)
        if (end.end === 'never') return end
        return read(factsOf(end), { path: expr.path ?? '', default: { op: 'literal', value: null } }, sub)
      }
      case 'skip':
        return { end: 'skipped' }
      case 'if': {
        const cond = sub(expr.cond)
        if (cond.end !== 'done') return cond
        if (isTruthy(cond.value)) return sub(expr.then)
        return expr.else ? sub(expr.else) : done(null)
      }
      case 'coalesce': {
        for (const candidate of expr.of) {
          const value = sub(candidate)
          if (value.end === 'skipped' || (value.end === 'done' && (value.value ?? null) === null)) continue
          return value
        }
        return done(null)
      }
      case 'try': {
        const value = sub(expr.of)
        if (value.end !== 'failed' || value.ofDependency) return value
        return this.#eval(expr.else, { ...scope, fault: value.fault })
      }
      case 'guard':
        return this.#guard(expr, scope)
      case 'array':
        return all(expr.of.map(sub), (values) => values)
      case 'object':
        return all(
          expr.of.map(([, e]) => sub(e)),
          (values) => Object.fromEntries(expr.of.map(([key], i) => [key, values[i]])),
        )
      case 'call': {
        const args = all(expr.args.map(sub), (values) => values)
        return args.end === 'done' ? call(expr.fn, args.value as unknown[]) : args
      }
    }
  }

  #step(expr: Extract<Expr, { op: 'step' }>, scope: Scope): End {
    const end = this.#read(expr.step, scope)
    if (end.end === 'done') return read(end.value, expr, (e) => this.#eval(e, scope))
    if (end.end === 'never') return end
    if (end.end === 'skipped' && expr.onSkip) return this.#eval(expr.onSkip, scope)
    if (scope.lenient) return expr.default && expr.path ? this.#eval(expr.default, scope) : done(null)
    return end.end === 'skipped' ? end : { ...end, ofDependency: true }
  }

  #read(index: number, scope: Scope): End {
    scope.lenient?.add(index)
    return this.#end(index)
  }

  #guard({ rule, of, lenient = [], then }: Extract<Expr, { op: 'guard' }>, scope: Scope): End {
    const ends = [...of, ...lenient].map((index) => this.#end(index))
    if (ends.some((end) => end.end === 'never')) {
      this.#eval(then, scope)
      return NEVER
    }
    const forbidsFailure = ['all_success', 'none_failed', 'none_failed_min_one_success'].includes(rule)
    const failedOne = (among: readonly End[]) => among.find((end) => end.end === 'failed')
    const first = failedOne(ends)
    if (forbidsFailure && first) return { ...first, ofDependency: true } as End
    const skips = of.map((index) => this.#end(index)).filter((end) => end.end === 'skipped')
    const forFailure = skips.find(causeOf)
    if (forbidsFailure && forFailure && rule !== 'all_success') return forFailure
    if (rule === 'all_success') {
      return skips[0] ?? this.#eval(then, { ...scope, lenient: undefined })
    }
    const readSteps = new Set<number>()
    const value = this.#eval(then, { ...scope, lenient: readSteps })
    if (value.end === 'never') return value
    const reads = [...readSteps].map((index) => this.#end(index))
    const failedRead = failedOne(reads)
    if (forbidsFailure && failedRead) return { ...failedRead, ofDependency: true } as End
    const cause = [...ends, ...reads].map((end) => (end.end === 'failed' ? end.fault : causeOf(end))).find((c) => c)
    if (rule === 'one_failed' && !cause) return { end: 'skipped' }
    const needsSuccess = rule === 'one_success' || rule === 'none_failed_min_one_success'
    if (needsSuccess && ![...ends, ...reads].some((end) => end.end === 'done')) {
      return cause ? { end: 'skipped', cause } : { end: 'skipped' }
    }
    return value.end === 'failed' && value.ofDependency ? { end: 'skipped', cause: value.fault } : value
  }
}

interface MapInput {
  readonly plan: Plan
  readonly items: unknown
  readonly onItemError?: 'fail' | 'skip' | 'continue'
}

type Path = { readonly path?: string; readonly default?: Expr }

function read(value: unknown, { path = '', default: otherwise }: Path, evaluate: (expr: Expr) => End): End {
  if (path === '') return done(value ?? null)
  const found = compilePath(path, otherwise !== undefined)(value)
  if (found !== MISSING) return done(found)
  return otherwise ? evaluate(otherwise) : fail('EXPRESSION_FAILURE')
}

/** The first without a value, those that never end before all others; else what is made of the values. */
function all(ends: readonly End[], make: (values: unknown[]) => unknown): End {
  const none = ends.find((end) => end.end === 'never') ?? ends.find((end) => end.end !== 'done')
  return none ?? done(make(ends.map(valueIn)))
}

function call(name: string, values: readonly unknown[]): End {
  if (name === 'not') return done(!isTruthy(values[0]))
  if (name !== 'reopen') throw new Error(`${name} is not simulated`)
  const facts = values[0] as ReturnType<typeof factsOf>
  if (!isRecord(facts) || facts.status === 'success') return done((facts as { value?: Json })?.value ?? null)
  const { error } = facts as { error?: Fault }
  if (facts.status === 'skipped') return error ? { end: 'skipped', cause: error } : { end: 'skipped' }
  return { end: 'failed', fault: error as Fault }
}

function factsOf(end: Exclude<End, { end: 'never' }>): Record<string, unknown> {
  if (end.end === 'done') return { status: 'success', value: end.value }
  if (end.end === 'failed') return { status: 'failed', error: end.fault }
  return end.cause ? { status: 'skipped', reason: '', error: end.cause } : { status: 'skipped', reason: '' }
}

function valueIn(end: End): unknown {
  return end.end === 'done' ? end.value : end.end === 'failed' ? end.fault : null
}

function refsOf(step: PlanStep): readonly number[] {
  return [...strictDependencies(step), ...allRefs(step.input)]
}

function causeOf(end: End): Fault | undefined {
  return end.end === 'skipped' ? end.cause : undefined
}

/** Whose failures cannot be told apart are one. */
function theOnly(faults: readonly Fault[]): Fault {
  const [first] = faults as [Fault]
  const isOne = faults.every((f) => f.code === first.code && f.message === first.message)
  if (!isOne) throw new Ambiguous(`one of ${essence(faults)}`)
  return first
}

/** Unreachable components are tried three times in all by the engine itself in each attempt; then, and for all else, the step's retry counts. */
function mayRetry(code: string, retry: Retry | undefined, tries: { step: number; transport: number }): boolean {
  if (codes[code as keyof typeof codes].retry === 'transport' && tries.transport < 2) {
    tries.transport++
    return true
  }
  if (!retry || tries.step + 1 >= retry.attempts || (retry.on && !retry.on.includes(code))) return false
  tries.step++
  tries.transport = 0
  return true
}
