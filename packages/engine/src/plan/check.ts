// Is this plan sound? For plans that come from elsewhere than our compilers. Returns what is wrong, all of it.

import { isRecord } from '../json.ts'
import { exprFault } from './check-expr.ts'
import { strictDependencies } from './dependencies.ts'
import { type Expr, walk } from './expr.ts'
import { parsePath } from './path.ts'
import type { Plan, PlanStep } from './plan.ts'

export function checkPlan(plan: Plan): string[] {
  const problems = plan.steps.flatMap((step, i) => (isShaped(step) ? faultsOf(step) : [`step ${i} is none: ${SHAPE}`]))
  if (problems.length > 0) return problems
  const count = plan.steps.length
  const isStep = (index: number) => Number.isInteger(index) && index >= 0 && index < count
  const expect = (index: number, what: string) => {
    if (!isStep(index)) problems.push(`${what} is step ${index}, and there are ${count}`)
  }

  expect(plan.entry, 'the entry')
  expect(plan.exit, 'the exit')
  const ids = new Set<string>()
  plan.steps.forEach((step) => {
    const what = `step "${step.id}"`
    if (ids.has(step.id)) problems.push(`there are two steps "${step.id}"`)
    ids.add(step.id)
    const read = (expr: Expr) =>
      walk(expr, (e) => {
        if (e.op === 'step' || e.op === 'outcome') expect(e.step, `what ${what} reads`)
        if (e.op === 'guard') for (const s of [...e.of, ...(e.lenient ?? [])]) expect(s, `what ${what} waits for`)
        if ('path' in e && e.path !== undefined && e.op !== 'secret') {
          const parsed = parsePath(e.path)
          if ('error' in parsed) problems.push(`${what}: ${parsed.error}`)
        }
      })
    read(step.input)
    if (step.fallback) read(step.fallback)
    if (step.cache?.key) read(step.cache.key)
    for (const need of step.needs ?? []) expect(need, `what ${what} needs`)
    for (const handler of step.handlers ?? []) expect(handler, `a handler of ${what}`)
    for (const { to } of step.next ?? []) expect(to, `where ${what} leads`)
  })
  if (problems.length === 0) {
    const cycle = findCycle(plan.steps.map(strictDependencies))
    if (cycle) problems.push(`steps wait for one another: ${cycle.map((i) => plan.steps[i]?.id).join(' -> ')}`)
  }
  return problems
}

const SHAPE = 'it needs a text "id", a "component" that is a path or null, and an "input" with an "op"'

function faultsOf({ id, input, fallback, cache }: PlanStep): string[] {
  const exprs = [input, fallback, cache?.key].filter((expr) => expr !== undefined)
  return exprs.flatMap((expr) => {
    const fault = exprFault(expr)
    return fault === undefined ? [] : [`step "${id}": ${fault}`]
  })
}

function isShaped(step: unknown): step is PlanStep {
  if (!isRecord(step) || typeof step.id !== 'string' || !isRecord(step.input)) return false
  return typeof step.input.op === 'string' && (step.component === null || typeof step.component === 'string')
}

/** A cycle in "waits for", first step repeated at the end; undefined if there is none. Iterative: plans can be long. */
export function findCycle(waitsFor: readonly (readonly number[])[]): number[] | undefined {
  const NEW = 0
  const OPEN = 1
  const CLOSED = 2
  const state = new Uint8Array(waitsFor.length)
  for (let root = 0; root < waitsFor.length; root++) {
    if (state[root] !== NEW) continue
    const path = [root]
    const nextOf = [0]
    state[root] = OPEN
    while (path.length > 0) {
      const at = path[path.length - 1] as number
      const targets = waitsFor[at] as readonly number[]
      const next = nextOf[nextOf.length - 1] as number
      if (next === targets.length) {
        state[at] = CLOSED
        path.pop()
        nextOf.pop()
        continue
      }
      nextOf[nextOf.length - 1] = next + 1
      const target = targets[next] as number
      if (state[target] === OPEN) return [...path.slice(path.indexOf(target)), target]
      if (state[target] === CLOSED) continue
      state[target] = OPEN
      path.push(target)
      nextOf.push(0)
    }
  }
  return undefined
}
