// What can be said only when all steps are known: cycles, and skips that cannot happen.

import { type Findings, lineOf } from '../findings.ts'
import { NOWHERE } from '../source/node.ts'
import type { CompiledStep } from './compile-step.ts'
import type { FlowNames } from './scope.ts'
import type { FlowShape } from './shape.ts'
import type { StepShape } from './step-shape.ts'

/** Told at most, so that one mistake in a large file does not bury the others. */
const MAX_CYCLES = 10
const MAX_NAMED = 20

/** Names each cycle: `a -> b -> a`. Takes its stack from the heap: a chain may be long. */
export function checkCycles(shapes: readonly StepShape[], steps: readonly CompiledStep[], findings: Findings): void {
  const index = new Map<string, number>()
  shapes.forEach((shape, i) => {
    if (!index.has(shape.id)) index.set(shape.id, i)
  })
  const edges = steps.map((step) => [...step.uses.keys()].flatMap((id) => index.get(id) ?? []))
  const state = new Uint8Array(steps.length) // 0 new, 1 on the stack, 2 done
  const next = new Uint32Array(steps.length)
  let told = 0
  for (let root = 0; root < steps.length; root++) {
    if (state[root] !== 0) continue
    const stack = [root]
    state[root] = 1
    while (stack.length > 0) {
      const at = stack[stack.length - 1] as number
      const to = edges[at]?.[next[at] as number]
      if (to === undefined) {
        state[at] = 2
        stack.pop()
        continue
      }
      next[at] = (next[at] as number) + 1
      if (state[to] === 0) {
        state[to] = 1
        stack.push(to)
      } else if (state[to] === 1 && told++ < MAX_CYCLES) tellCycle(stack.slice(stack.indexOf(to)), shapes, findings)
    }
  }
}

/** Warns of `on_skip` for steps that are never skipped. */
export function checkOnSkips(flow: FlowShape, steps: readonly CompiledStep[], names: FlowNames): void {
  if (names.onSkips.length === 0) return
  const skippable = skippableSteps(flow, steps)
  for (const { step, owner, place, trail } of names.onSkips) {
    if (skippable.has(step) || !names.steps.has(step)) continue
    const message = `step "${step}" is never skipped, so the on_skip in ${owner} has no effect`
    names.findings.warning('UNREACHABLE_ON_SKIP', message, place, trail)
  }
}

// ---

function tellCycle(cycle: readonly number[], shapes: readonly StepShape[], findings: Findings): void {
  const name = (i: number) => `"${shapes[i]?.id}"${lineOf(shapes[i]?.place ?? NOWHERE)}`
  const named = cycle.slice(0, MAX_NAMED).map(name)
  if (cycle.length > MAX_NAMED) named.push(`${cycle.length - MAX_NAMED} more`)
  named.push(name(cycle[0] as number))
  const first = shapes[cycle[0] as number] as StepShape
  findings.add(
    'fatal',
    'CYCLE',
    `these steps wait for one another: ${named.join(' -> ')}`,
    first.place,
    first.trail,
    'remove one of the references',
  )
}

/** Steps that a condition, a failure that the item survives, or another skip can skip. */
function skippableSteps(flow: FlowShape, steps: readonly CompiledStep[]): ReadonlySet<string> {
  const survived = new Set<string>()
  flow.steps.forEach((shape, i) => {
    const goesOn = flow.onFailure === 'drain' || shape.rule !== 'all_success'
    if (goesOn) for (const id of steps[i]?.uses.keys() ?? []) survived.add(id)
  })
  const dependents = new Map<string, string[]>()
  const found = new Set<string>()
  const open: string[] = []
  const add = (id: string) => {
    if (!found.has(id)) open.push(id)
    found.add(id)
  }
  flow.steps.forEach((shape, i) => {
    const uses = [...(steps[i]?.uses ?? [])]
    for (const [id, use] of uses) {
      if (use.strict && !use.counts) continue
      const list = dependents.get(id)
      if (list) list.push(shape.id)
      else dependents.set(id, [shape.id])
    }
    const byItself = shape.when || shape.skipIf || shape.onError?.action === 'skip'
    const byRule = shape.rule !== 'all_success' && uses.length > 0
    if (byItself || byRule || uses.some(([id]) => survived.has(id))) add(shape.id)
  })
  while (open.length > 0) for (const user of dependents.get(open.pop() as string) ?? []) add(user)
  return found
}
